import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Projects as they are, built from local git repositories by the toolchains of this machine.
@Suite(.timeLimit(.minutes(1)))
struct RealBuildTests {
    /// A cargo project without dependencies, with a library and a program, named by variant as a feature has it.
    static let rust = [
        "Cargo.toml": """
        [workspace]
        members = ["crates/core", "bin/worker"]
        resolver = "2"
        """,
        "crates/core/Cargo.toml": """
        [package]
        name = "core-of-worker"
        version = "0.1.0"
        edition = "2021"
        """,
        "crates/core/src/lib.rs":
            "pub fn greeting(variant: &str) -> String { format!(\"rust worker 0.3 ({variant})\") }",
        "bin/worker/Cargo.toml": """
        [package]
        name = "rust-worker"
        version = "0.3.0"
        edition = "2021"
        [features]
        cpu = []
        [[bin]]
        name = "rust-worker-cpu"
        path = "src/main.rs"
        required-features = ["cpu"]
        [dependencies]
        core-of-worker = { path = "../../crates/core" }
        """,
        "bin/worker/src/main.rs": "fn main() { println!(\"{}\", core_of_worker::greeting(\"cpu\")); }",
        "packaging/PKGBUILD": """
        pkgname=rust-worker
        pkgver=0.3.0
        pkgrel=1
        arch=(x86_64 aarch64)
        makedepends=(rust)
        prepare() { cargo fetch --manifest-path "$startdir/../Cargo.toml"; }
        build() {
            cd "$startdir/.."
            cargo build --release --offline --no-default-features --features "$RBEE_FEATURES" -p rust-worker
        }
        package() {
            install -Dm755 "$startdir/../target/release/rust-worker-$RBEE_FEATURES" "$pkgdir/usr/bin/rust-worker"
        }
        """,
    ]

    static let tables = [
        "lines": """
        directory = "bin/worker"
        network = ["cargo fetch"]
        build = ["cargo build --release --offline --no-default-features --features \\"$variant\\""]
        binary = "target/release/rust-worker-${variant}"
        requires = { all = ["cargo"] }
        """,
        "PKGBUILD": """
        pkgbuild = "packaging/PKGBUILD"
        network = ["prepare"]
        """,
    ]

    /// The variables by which this machine's cargo is found whatever HOME is; nil where there is none.
    static var cargo: [String: String]? {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? "/"
        let cargo = environment["CARGO_HOME"] ?? home + "/.cargo"
        if FileManager.default.isExecutableFile(atPath: cargo + "/bin/cargo") {
            return ["CARGO_HOME": cargo, "RUSTUP_HOME": environment["RUSTUP_HOME"] ?? home + "/.rustup"]
        }
        return FileManager.default.isExecutableFile(atPath: "/usr/bin/cargo") ? [:] : nil
    }

    private func repository(_ machine: Installation, _ files: [String: String]) throws -> FilePath {
        for (name, text) in files { try machine.folder.write(Array(text.utf8), to: "project/\(name)") }
        let repository = machine.folder.path.appending("project")
        try machine.git(repository, "init", "--quiet", "--initial-branch=main")
        try machine.commit(repository, "one")
        return repository
    }

    private func addVendor(_ machine: Installation, _ repository: FilePath, name: String, table: String) throws {
        try machine.addVendor(
            "real.toml",
            """
            name = "real"
            module = "git"
            provides = ["workers"]

            [git]
            url = "file://\(repository)"

            [[worker]]
            name = "\(name)"
            default = true
            variants = ["cpu", "cuda"]
            toolchains = ["rust"]
            smoke-test = ["--version"]
            \(table)
            """)
    }

    @Test(
        "a cargo workspace is built from its recipe, as lines and as a PKGBUILD alike",
        .enabled("there is no cargo on this machine") { cargo != nil }, arguments: tables.keys.sorted())
    func cargoWorkspace(kind: String) async throws {
        let machine = try Installation()
        let repository = try repository(machine, Self.rust)
        try addVendor(machine, repository, name: "rust-worker", table: Self.tables[kind] ?? "")
        let built = try await machine.run("worker", "build", "cpu", environment: Self.cargo ?? [:])
        #expect(built.status == 0, "\(built.errors)")
        let shown = try await machine.run("worker", "show", "rust-worker", "--json").json()
        #expect(shown["provenance"]?["toolchain"]?["cargo"]?.stringValue?.hasPrefix("cargo ") == true)
        let path = try #require(shown["path"]?.stringValue)
        #expect(try machine.shell([path]) == "rust worker 0.3 (cpu)")
        if kind == "lines" {
            let root = FilePath(path).removingLastComponent().removingLastComponent()
            let lock = try String(contentsOfFile: root.appending("Cargo.lock").string, encoding: .utf8)
            #expect(lock.contains("rust-worker"), "the versions that were built are kept with it")
        }
        let again = try await machine.run("worker", "build", "cpu", environment: Self.cargo ?? [:])
        #expect(again.errors.contains("here already"), "\(again.errors)")
    }

    /// A toolkit in a folder of the user's: its nvcc is the C compiler, its runtime a library that does nothing.
    private func makeToolkit(_ machine: Installation) throws -> FilePath {
        let compiler = try machine.folder.write(
            Array(
                "#!/bin/sh\n[ \"$1\" = --version ] && echo 'Cuda compilation tools, release 13.0'\nexec gcc \"$@\"\n"
                    .utf8),
            to: "kit/bin/nvcc")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: compiler.string)
        try machine.folder.write(Array("int cudaInit(void) { return 0; }\n".utf8), to: "kit/lib/cudart.c")
        let kit = machine.folder.path.appending("kit")
        try machine.shell([
            "gcc", "-shared", "-fPIC", kit.appending("lib/cudart.c").string, "-Wl,-soname,libcudart.so.13", "-o",
            kit.appending("lib/libcudart.so.13").string,
        ])
        return kit
    }

    static let cudaSource = """
        #include <stdio.h>
        #ifdef GPU
        int cudaInit(void);
        #else
        static int cudaInit(void) { return 0; }
        #endif
        int main(void) { printf("gpu worker 1.0\\n"); return cudaInit(); }
        """

    @Test(
        "a build for the processor under the name of cuda is refused with 65; one that is linked to the runtime is not")
    func cuda() async throws {
        let machine = try Installation()
        let kit = try makeToolkit(machine)
        let repository = try repository(machine, ["worker.c": Self.cudaSource])
        let environment = ["CUDA_HOME": kit.string, "PATH": "/usr/bin:/bin"]
        func table(_ flags: String) -> String {
            """
            build = [
              "mkdir -p out; cp \\"$CUDA_HOME/lib/libcudart.so.13\\" out/",
              "nvcc \(flags) worker.c -o out/gpu-worker",
            ]
            binary = "out/gpu-worker"
            requires = { cuda = ["nvcc"] }
            """
        }
        try addVendor(machine, repository, name: "gpu-worker", table: table(""))
        let fake = try await machine.run("worker", "build", "cuda", environment: environment)
        #expect(fake.status == 65, "\(fake.errors)")
        #expect(fake.errors.contains("it computes on the processor"))
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")

        // A runtime that is linked statically, as nvcc does by default, leaves the section that its code lies in.
        let section = "__attribute__((section(\\\".nv_fatbin\\\"))) const char code[] = \\\"x\\\";"
        try addVendor(
            machine, repository, name: "gpu-worker",
            table: table("-DGPU -x c -Wl,--unresolved-symbols=ignore-all").replacing(
                "nvcc -DGPU", with: "echo '\(section) int cudaInit(void) { return 0; }' > code.c; nvcc code.c -DGPU"))
        let real = try await machine.run("worker", "build", "cuda", environment: environment)
        #expect(real.status == 0, "\(real.errors)")
        let shown = try await machine.run("worker", "show", "gpu-worker", "--json").json()
        #expect(shown["workerType"] == .string("cuda"))
        #expect(shown["provenance"]?["toolchain"]?["nvcc"]?.stringValue?.contains("release 13.0") == true)
    }

    /// The toolkit of this machine, wherever it was installed; PyPI's nvidia-cuda-nvcc, -crt, -runtime and nvidia-nvvm
    /// together are one.
    static var toolkit: String? {
        let kit = ProcessInfo.processInfo.environment["CUDA_HOME"] ?? "/usr/local/cuda"
        return FileManager.default.isExecutableFile(atPath: kit + "/bin/nvcc") ? kit : nil
    }

    @Test(
        "a CUDA worker is compiled by the real nvcc and carries code for the accelerator",
        .enabled("there is no nvcc below CUDA_HOME") { toolkit != nil })
    func realCUDA() async throws {
        let machine = try Installation()
        let source = """
            #include <cstdio>
            __global__ void add(int *sum) { *sum += 1; }
            int main(int count, char **) {
                if (count > 1) { puts("gpu worker 2.0"); return 0; }
                int *sum;
                cudaMalloc(&sum, sizeof *sum);
                add<<<1, 1>>>(sum);
                return cudaDeviceSynchronize();
            }
            """
        let repository = try repository(machine, ["worker.cu": source])
        try addVendor(
            machine, repository, name: "gpu-worker",
            table: """
                build = ["nvcc -O2 worker.cu -o gpu-worker"]
                binary = "gpu-worker"
                requires = { cuda = ["nvcc"] }
                """)
        let built = try await machine.run(
            "worker", "build", "cuda", environment: ["CUDA_HOME": Self.toolkit ?? "", "PATH": "/usr/bin:/bin"])
        #expect(built.status == 0, "\(built.errors)")
        let shown = try await machine.run("worker", "show", "gpu-worker", "--json").json()
        #expect(shown["provenance"]?["toolchain"]?["nvcc"]?.stringValue?.contains("release") == true)
        #expect(try machine.shell([shown["path"]?.stringValue ?? "", "--version"]) == "gpu worker 2.0")
    }

    @Test(
        "Ctrl-C in a build: within a second nothing of it lives, not even what ignores signals in a session of its own")
    func interrupted() async throws {
        let machine = try Installation()
        let repository = try repository(machine, ["README": "nothing"])
        let stubborn = "trap '' INT TERM HUP; setsid sh -c 'trap \\\"\\\" INT TERM HUP; sleep 86331; :' & "
        try addVendor(
            machine, repository, name: "endless",
            table: """
                build = ["\(stubborn)(setsid nohup sleep 86331 &) ; echo it-runs; sleep 86331; :"]
                binary = "x"
                """)
        let program = try machine.start(["worker", "build", "cpu", "--json"])
        #expect(await program.prints("it-runs"))
        // How long anything takes here and now: other tests may have both cores.
        let clock = ContinuousClock()
        let usual = try await clock.measure { _ = try await machine.run("worker", "list") }
        let start = clock.now
        program.send(SIGINT)
        let outcome = try await program.outcome()
        #expect(clock.now - start < .seconds(1) + usual * 10)
        #expect(outcome.status == 130)
        #expect(throws: Installation.CommandFailed.self) { try machine.shell(["pgrep", "-f", "sleep 86331"]) }
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        let left = try FileManager.default.contentsOfDirectory(atPath: machine.store.appending("staging/trees").string)
        #expect(left == [])
    }

    @Test("a worker that runs goes on running while it is built anew, and what is removed is gone")
    func replacedWhileRunning() async throws {
        let machine = try Installation()
        let source = """
            #include <stdio.h>
            #include <string.h>
            int main(int n, char **w) {
                if (n > 1 && !strcmp(w[1], "--version")) { puts("steady 1.0"); return 0; }
                puts("steady runs"); fflush(stdout);
                char line[64];
                while (fgets(line, sizeof line, stdin)) { printf("heard %s", line); fflush(stdout); }
                return 0;
            }
            """
        let repository = try repository(machine, ["worker.c": source])
        try addVendor(
            machine, repository, name: "steady",
            table: "build = [\"gcc worker.c -o steady\"]\nbinary = \"steady\"\nrequires = { all = [\"gcc\"] }")
        #expect(try await machine.run("worker", "build", "cpu").status == 0)
        let path = try await machine.run("worker", "path", "steady").output.trimmingCharacters(in: .newlines)

        let worker = Process()
        let (input, output) = (Pipe(), Pipe())
        worker.executableURL = URL(fileURLWithPath: path)
        worker.standardInput = input
        worker.standardOutput = output
        try worker.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "steady runs\n")
        let again = try await machine.run("worker", "build", "cpu", "--force")
        #expect(again.status == 0, "\(again.errors)")
        try input.fileHandleForWriting.write(contentsOf: Data("one\n".utf8))
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "heard one\n")
        #expect(try machine.shell([path, "--version"]) == "steady 1.0")
        #expect(try await machine.run("worker", "remove", "steady").status == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
        try input.fileHandleForWriting.close()
        worker.waitUntilExit()
        #expect(worker.terminationStatus == 0)
        #expect(try machine.storedFiles().allSatisfy { !$0.hasPrefix("workers/") })
    }
}
