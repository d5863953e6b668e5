import ArtifactTypes
import Processes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

@Suite(.sandboxed, .serialized, .timeLimit(.minutes(1)))
struct BuildTests {
    static let source = """
        #include <stdio.h>
        int main(void) { printf("worker %s\\n", VARIANT); return 0; }
        """

    @Test("a real C worker is built from its recipe, in the recipe's folder, and runs")
    func realWorker() async throws {
        let bench = try Workbench(["src/worker.c": Self.source])
        var table = Workbench.table(
            ["mkdir -p ../out", #"gcc -DVARIANT="\"$variant\"" worker.c -o "../out/worker-$variant""#],
            binary: "out/worker-${variant}", directory: try RelativePath("src"), requires: ["all": ["gcc"]])
        table.smokeTest = ["--version"]
        let lines = Lines()
        let output = try await bench.build(table, onLine: lines.take)
        #expect(output.binary == bench.checkout.appending("out/worker-cpu"))
        #expect(output.sandboxed)
        #expect(output.seconds > 0)
        #expect(output.toolchain["gcc"]?.contains("gcc") == true)
        let outcome = try await run(ProcessRequest(executable: output.binary, environment: [:]))
        #expect(outcome.text == "worker cpu\n")
        #expect(lines.all.contains("$ mkdir -p ../out"))
        #expect(text(bench.log.string)?.contains("$ mkdir -p ../out\n") == true)
    }

    @Test("a line sees its variant, its jobs, a home and nothing else of ours")
    func environment() async throws {
        let bench = try Workbench()
        let lines = Lines()
        _ = try? await bench.build(Workbench.table(["env | sort; pwd"]), variant: .cuda, onLine: lines.take)
        #expect(lines.all.contains("variant=cuda"))
        #expect(lines.all.contains("jobs=3"))
        #expect(lines.all.contains("HOME=/build/home"))
        #expect(lines.all.contains("/build/checkout"))
        let known: Set = [
            "variant", "jobs", "HOME", "TMPDIR", "PATH", "PWD", "LANG", "CARGO_HOME", "CARGO_BUILD_JOBS",
            "CMAKE_BUILD_PARALLEL_LEVEL", "SHLVL", "_", "OLDPWD",
        ]
        for line in lines.all where line.contains("=") {
            #expect(known.contains(String(line.prefix { $0 != "=" })), "\(line)")
        }
    }

    @Test("values with quotes and commands in them stay values")
    func nothingIsPasted() async throws {
        let bench = try Workbench(["a $(touch pwned)'\"`x`/worker.sh": "#!/bin/sh\nexit 0\n"])
        let table = Workbench.table(
            ["chmod +x worker.sh"], binary: "a $(touch pwned)'\"`x`/worker.sh",
            directory: try RelativePath("a $(touch pwned)'\"`x`"))
        let output = try await bench.build(table)
        #expect(output.binary.lastComponent == "worker.sh")
        #expect(text(bench.checkout.appending("pwned").string) == nil)
    }

    @Test("the home is shared by the lines of a build, and a failing line ends it")
    func failingLine() async throws {
        let bench = try Workbench()
        let lines = (1...50).map { "echo line \($0) >&2" }.joined(separator: "; ")
        let error = await bench.failure(["echo kept > ~/file", "cat ~/file >&2; \(lines); exit 42", "touch never"])
        #expect(error?.code == .failed)
        #expect(error?.step?.hasPrefix("cat ~/file") == true)
        #expect(error?.message.contains("exit status 42") == true)
        #expect(error?.lastLines == (21...50).map { "line \($0)" })
        #expect(text(bench.log.string)?.contains("\nkept\n") == true)
        #expect(text(bench.checkout.appending("never").string) == nil)
    }

    @Test("every command of a line counts, not the last alone")
    func shellStops() async throws {
        let error = await (try Workbench()).failure(["false; true"])
        #expect(error?.code == .failed)
    }

    @Test("a program that does not appear, may not run or is none, is no output")
    func wrongOutputs() async throws {
        for (line, reason) in [
            ("true", "not there"), ("echo '#!/bin/sh' > worker", "not executable"),
            ("mkdir worker", "regular"), ("mkfifo -m 755 worker", "regular"),
            ("echo text > worker; chmod +x worker", "no program"),
        ] {
            let error = await (try Workbench()).failure([line])
            #expect(error?.code == .unsafeOutput)
            #expect(error?.message.contains(reason) == true, "\(line): \(error?.message ?? "")")
        }
    }

    @Test("without a sandbox, at the user's word, the same recipe builds and says so")
    func unsandboxed() async throws {
        let bench = try Workbench(["worker.c": Self.source])
        let table = Workbench.table([#"gcc -DVARIANT="\"$variant\"" worker.c -o worker; test -w "$HOME""#])
        let output = try await bench.build(table, mode: .off)
        #expect(!output.sandboxed)
        let builder = WorkerBuilder(sandbox: try await Sandbox(mode: .off, environment: bench.environment))
        try await builder.smokeTest(output.binary, arguments: [])
    }

    @Test(
        "a cargo project builds offline with the user's toolchain and none of cargo's credentials",
        .enabled("no cargo in ~/.cargo/bin") { RustUser() != nil })
    func rust() async throws {
        let user = try #require(RustUser())
        let bench = try Workbench([
            "Cargo.toml": "[package]\nname = \"worker\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
            "src/main.rs": "fn main() { println!(\"rust worker\"); }",
        ])
        var table = Workbench.table(
            ["cargo build --offline", "ls -a \"$CARGO_HOME\" \"$(dirname \"$(command -v cargo)\")/..\""],
            binary: "target/debug/worker", requires: ["all": ["cargo"]])
        table.toolchains = ["rust"]
        let lines = Lines()
        let output = try await bench.build(table, environment: user.environment, onLine: lines.take)
        #expect(output.toolchain["cargo"]?.hasPrefix("cargo ") == true)
        #expect(try await run(ProcessRequest(executable: output.binary, environment: [:])).text == "rust worker\n")
        #expect(!lines.all.contains { $0.contains("credentials") || $0.contains("config.toml") })
    }
}

/// The user of this machine, if rustup is installed for them.
private struct RustUser {
    let environment: [String: String]

    init?() {
        let passed = ["HOME", "PATH", "CARGO_HOME", "RUSTUP_HOME"]
        environment = ProcessEnvironment.current.filter { passed.contains($0.key) }
        guard let home = environment["HOME"], findExecutable("\(home)/.cargo/bin/cargo", path: nil) != nil else {
            return nil
        }
    }
}

/// What one build leaves for the next.
@Suite(.sandboxed, .timeLimit(.minutes(1)))
struct CacheTests {
    private func build(
        _ bench: Workbench, _ caches: [String: String], kept: FilePath?, _ line: String, lines: Lines = Lines()
    ) async throws {
        var table = Workbench.table([line, "echo '#!/bin/sh' > worker; chmod +x worker"])
        table.caches = caches
        let builder = WorkerBuilder(sandbox: try await Sandbox(mode: .require, environment: bench.environment))
        _ = try await builder.build(
            BuildRecipe(table: table, variant: .cpu), checkout: bench.checkout, scratch: bench.scratch, caches: kept,
            limits: BuildLimits(time: .seconds(50)), jobs: 1, log: bench.log, progress: BuildProgress(line: lines.take))
    }

    @Test("a private cache is what the worker's next build finds; without one a build begins with nothing")
    func privateCache() async throws {
        let kept = try TemporaryDirectory()
        let put = "echo crate > \"$CARGO_HOME/registry/x\"; echo object > \"$CCACHE_DIR/y\""
        let caches = ["cargo": "private", "ccache": "private"]
        try await build(Workbench(), caches, kept: kept.path, put)
        let lines = Lines()
        let read = "cat \"$CARGO_HOME/registry/x\" \"$CCACHE_DIR/y\""
        try await build(Workbench(), caches, kept: kept.path, read, lines: lines)
        #expect(lines.all.contains("crate") && lines.all.contains("object"))
        let nothing = "test ! -e \"$CARGO_HOME/registry\" -a -z \"$CCACHE_DIR\""
        try await build(Workbench(), [:], kept: kept.path, nothing)
    }

    @Test("the user's own cache is shown, and not changed; the rest of its folder is not shown")
    func readOnlyCache() async throws {
        let bench = try Workbench()
        try bench.folder.write("crate".utf8, to: "home/.cargo/registry/x")
        try bench.folder.write("token".utf8, to: "home/.cargo/credentials.toml")
        let line = """
            test "$(cat "$CARGO_HOME/registry/x")" = crate
            test ! -e "$CARGO_HOME/credentials.toml"
            ! touch "$CARGO_HOME/registry/evil" 2>/dev/null
            """
        try await build(bench, ["cargo": "read-only", "ccache": "read-only"], kept: nil, line)
        #expect(text(bench.home.appending(".cargo/registry/evil").string) == nil)
    }

    @Test("a cache changes no digest")
    func digest() throws {
        var table = RecipeTests.table
        let digest = try BuildRecipe(table: table, variant: .cpu).digest
        table.caches = ["cargo": "private"]
        #expect(try BuildRecipe(table: table, variant: .cpu).digest == digest)
        table.caches = ["cargo": "shared"]
        #expect(throws: BuildError.self) { try BuildRecipe(table: table, variant: .cpu) }
    }
}
