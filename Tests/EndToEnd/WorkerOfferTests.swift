import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Workers by name, of a worker catalog service.
@Suite(.timeLimit(.minutes(2)))
struct WorkerOfferTests {
    private let machine: Installation
    private let offers: WorkerOffers

    init() throws {
        machine = try Installation()
        offers = try WorkerOffers(machine)
    }

    private func version() async throws -> String {
        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        return try machine.shell([path, "--version"])
    }

    @Test("the best variant comes prebuilt, each one passed over with its reason, and is not fetched twice")
    func prebuilt() async throws {
        try offers.addPrebuilt("1.0.0")
        offers.offer("1.0.0")
        let listed = try await offers.run("worker", "available", "--json").json()
        let variants = try #require(listed.arrayValue?.first?["variants"]?.arrayValue)
        #expect(variants[0]["variant"] == .string("cpu") && variants[0]["reason"] == nil)
        #expect(
            variants[2]["variant"] == .string("cuda") && variants[2]["reason"]?.stringValue?.contains("GPU") == true)

        let installed = try await offers.run("worker", "install", "demo-worker")
        #expect(installed.status == 0, "\(installed.errors)")
        #expect(installed.output == "demo-worker-cpu-1.0.0-linux\n")
        #expect(installed.errors.contains("not cuda: "))
        #expect(try await version() == "demo-worker 1.0.0 (cpu)")
        let program = machine.store.appending("workers/demo-worker-cpu-1.0.0-linux/usr/local/bin/demo-worker")
        #expect(try program.stat().permissions.rawValue == 0o555, "no setuid bit comes with it")
        #expect(try program.removingLastComponent().stat().permissions.rawValue == 0o755)
        let shown = try await machine.run("worker", "show", "demo-worker", "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(shown["supportedFormats"] == .array([.string("gguf")]))
        #expect(shown["provenance"]?["repository"] == .string("workers:demo-worker@1.0.0:cpu-prebuilt"))
        #expect(shown["provenance"]?["toolchain"] == .object([:]), "nothing was compiled")

        machine.hub.forgetRequests()
        let again = try await offers.run("worker", "install", "demo-worker@1.0.0")
        #expect(again.status == 0 && again.errors.contains("here already"), "\(again.errors)")
        #expect(machine.hub.requests.isEmpty, "a version that is here needs no service")
        _ = try await offers.run("worker", "install", "demo-worker")
        #expect(machine.hub.requests.allSatisfy { !$0.path.contains("tar.gz") })
        #expect(try await machine.run("worker", "verify").status == 0)
    }

    @Test("where there is no prebuilt one it is built; --prebuilt and --source decide")
    func source() async throws {
        try offers.addSource("1.0.0")
        offers.offer("1.0.0")
        let only = try await offers.run("worker", "install", "demo-worker", "--prebuilt")
        #expect(only.status == 66, "\(only.errors)")
        let built = try await offers.run("worker", "install", "demo-worker")
        #expect(built.status == 0 && built.errors.contains("no prebuilt cpu: "), "\(built.errors)")
        #expect(built.errors.contains("step 1 of 2: build()"))
        #expect(try await version() == "demo-worker 1.0.0 (cpu)")
        let shown = try await machine.run("worker", "show", "demo-worker", "--json").json()
        let head = try machine.git(machine.folder.path.appending("worker"), "rev-parse", "HEAD")
        #expect(shown["provenance"]?["sources"]?.arrayValue?.first?["revision"] == .string(head))

        let again = try await offers.run("worker", "install", "demo-worker", "--source")
        #expect(again.status == 0 && again.errors.contains("here already"), "\(again.errors)")
        // Another commit is another input.
        try machine.commit(machine.folder.path.appending("worker"), "two")
        let moved = try await offers.run("worker", "install", "demo-worker", "--source")
        #expect(moved.status == 0 && moved.errors.contains("step 1 of 2"), "\(moved.errors)")
    }

    @Test("a flat service's variants are found by their worker's name")
    func flat() async throws {
        try offers.addSource("1.0.0")
        for variant in ["cpu", "cuda"] {
            machine.hub.offerWorker(
                "demo-worker-\(variant)",
                json: """
                    {"id":"demo-worker-\(variant)","version":"1.0.0","worker_type":"\(variant)","platforms":["linux"],
                     "architectures":["x86_64","aarch64"],"pkgbuild_url":"/files/demo-git-1.0.0.PKGBUILD"}
                    """)
        }
        let installed = try await offers.run("worker", "install", "demo-worker")
        #expect(installed.status == 0, "\(installed.errors)")
        #expect(installed.output == "demo-worker-cpu-1.0.0-linux\n")
    }

    @Test(
        "a wrong sum, a missing one, another machine's worker and an unknown one end with their codes, nothing installed"
    )
    func refused() async throws {
        try offers.addPrebuilt("1.0.0", sum: String(repeating: "0", count: 64))
        try offers.addSource("1.0.0")
        offers.offer("1.0.0")
        let wrong = try await offers.run("worker", "install", "demo-worker")
        #expect(wrong.status == 65, "a wrong sum is no reason to build: \(wrong.errors)")
        try offers.addPrebuilt("1.0.0", sum: "SKIP")
        let loose = try await offers.run("worker", "install", "demo-worker", "--prebuilt")
        #expect(loose.status == 65 && loose.errors.contains("--allow-unverified"), "\(loose.errors)")
        let unknown = try await offers.run("worker", "install", "demo-wrker")
        #expect(unknown.status == 66 && unknown.errors.contains("worker available"), "\(unknown.errors)")
        let version = try await offers.run("worker", "install", "demo-worker@7")
        #expect(version.status == 66 && version.errors.contains("1.0.0"), "\(version.errors)")
        let variant = try await offers.run("worker", "install", "demo-worker", "--variant", "metal")
        #expect(variant.status == 64 && variant.errors.contains("metal: "), "\(variant.errors)")
        machine.hub.withdrawWorkers()
        offers.offer("1.0.0", architectures: "\"riscv64\"")
        let foreign = try await offers.run("worker", "install", "demo-worker")
        #expect(foreign.status == 64 && foreign.errors.contains("it is for riscv64"), "\(foreign.errors)")
        let unset = try await offers.run("worker", "install", "demo-worker", environment: ["WORKER_CATALOG_URL": ""])
        #expect(unset.status == 78 && unset.errors.contains("WORKER_CATALOG_URL"), "\(unset.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")

        try offers.addPrebuilt("1.0.0", sum: "SKIP")
        machine.hub.withdrawWorkers()
        offers.offer("1.0.0")
        let allowed = try await offers.run("worker", "install", "demo-worker", "--allow-unverified")
        #expect(allowed.status == 0, "\(allowed.errors)")
        #expect(try await machine.run("worker", "show", "demo-worker", "--json").json()["verified"] == .bool(false))
        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        try machine.shell(["sh", "-c", "chmod u+w '\(path)'; echo '#' >> '\(path)'"])
        let damaged = try await machine.run("worker", "verify")
        #expect(damaged.errors.contains("--prebuilt --allow-unverified --force makes it again"), "\(damaged.errors)")
        let mended = try await offers.run(
            "worker", "install", "workers:demo-worker@1.0.0:cpu-prebuilt", "--name", "demo-worker", "--variant", "cpu",
            "--version", "1.0.0", "--prebuilt", "--allow-unverified", "--force")
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(try await machine.run("worker", "verify").status == 0)
        // Rather than take what nobody vouches for, it is built from a commit.
        let instead = try await offers.run("worker", "install", "demo-worker")
        #expect(instead.status == 0 && instead.errors.contains("step 1 of 2: build()"), "\(instead.errors)")
        #expect(try await machine.run("worker", "show", "demo-worker", "--json").json()["verified"] == .bool(true))
    }

    @Test("a PKGBUILD of a service has no network while it builds, unless the user allows it")
    func network() async throws {
        let port = try #require(machine.hub.hub.split(separator: ":").last)
        try offers.addSource("1.0.0", more: "exec 9<>/dev/tcp/127.0.0.1/\(port)")
        offers.offer("1.0.0")
        let alone = try await offers.run("worker", "install", "demo-worker", "--source")
        #expect(alone.status == 1 && alone.errors.contains("--allow-network"), "\(alone.errors)")
        #expect(alone.errors.contains("build.log"))
        let allowed = try await offers.run("worker", "install", "demo-worker", "--source", "--allow-network")
        #expect(allowed.status == 0, "\(allowed.errors)")
    }

    @Test(
        "a PKGBUILD of a service may name neither a cloud's credentials nor a file of this machine",
        arguments: [
            "https://169.254.169.254/latest.tar.gz", "git+https://169.254.169.254/repo.git#branch=main",
            "git+ssh://git@169.254.169.254/repo.git", "git+file:///etc",
        ])
    func reach(source: String) async throws {
        try offers.addPackageBuild(
            "demo-git-1.0.0",
            """
            pkgname=demo
            pkgver=1
            source=("\(source)")
            sha256sums=('\(source.hasPrefix("git") ? "SKIP" : String(repeating: "0", count: 64))')
            package() { :; }
            """)
        offers.offer("1.0.0")
        let outcome = try await offers.run("worker", "install", "demo-worker", "--source")
        #expect(outcome.status == 65 && outcome.errors.contains("which it may not"), "\(outcome.errors)")
    }

    /// Tools of a machine with GPUs, which find none that is real.
    private func addTool(_ name: String, printing text: String) throws -> String {
        let tool = try machine.folder.write(Array("#!/bin/sh\ncat <<'END'\n\(text)\nEND\n".utf8), to: "tools/\(name)")
        try machine.shell(["chmod", "755", tool.string])
        return "\(tool.removingLastComponent()):/usr/bin:/bin"
    }

    @Test(
        "with a GPU its variant is taken, and of two cuda; what would have to be built for one without its compiler is not"
    )
    func accelerators() async throws {
        for accelerator in ["cuda", "rocm"] { try offers.addPrebuilt("1.0.0", accelerator: accelerator) }
        try offers.addPrebuilt("1.0.0")
        offers.offer("1.0.0")
        let amd = try addTool("rocminfo", printing: "  Marketing Name:  AMD Instinct MI300X\n  Device Type:  GPU")
        let rocm = try await offers.run("worker", "install", "demo-worker", environment: ["PATH": amd])
        #expect(rocm.output == "demo-worker-rocm-1.0.0-linux\n" && rocm.errors.contains("not cuda: "), "\(rocm.errors)")
        let both = try addTool("nvidia-smi", printing: "NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0")
        let cuda = try await offers.run("worker", "install", "demo-worker", environment: ["PATH": both])
        #expect(cuda.output == "demo-worker-cuda-1.0.0-linux\n", "\(cuda.errors)")
        #expect(!cuda.errors.contains("not rocm"))
        // A name means one variant at a time.
        #expect(try await machine.run("worker", "path", "demo-worker").output.contains("cuda"))
        #expect(try await machine.run("worker", "path", "demo-worker-rocm").output.contains("rocm"))

        try offers.addSource("1.0.0")
        let built = try await offers.run("worker", "install", "demo-worker", "--source", environment: ["PATH": both])
        #expect(built.status == 0 && built.output == "demo-worker-cpu-1.0.0-linux\n", "\(built.errors)")
        #expect(built.errors.contains("not cuda: it would have to be built, and there is no nvcc"))
        #expect(built.errors.contains("not rocm: it would have to be built, and there is no hipcc"))
    }

    @Test("a program without --version is tried with other arguments, or not at all")
    func firstRun() async throws {
        let archive = machine.folder.path.appending("odd-1.0-linux-\(WorkerOffers.arch)-cpu.tar.gz")
        let program = try machine.folder.write(
            Array("#!/bin/sh\n[ \"$1 $2\" = 'self test' ] || exit 3\n".utf8), to: "odd")
        try machine.shell(["chmod", "755", program.string])
        try machine.shell(["tar", "-C", machine.folder.path.string, "-czf", archive.string, "odd"])
        let url = try machine.hub.addRelease(
            archive.lastComponent?.string ?? "",
            .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: archive.string)))))
        let plain = try await machine.run("worker", "install", url)
        #expect(plain.status == 65 && plain.errors.contains("--smoke-test"), "\(plain.errors)")
        let other = try await machine.run("worker", "install", url, "--smoke-test", "self test")
        #expect(other.status == 0, "\(other.errors)")
        let none = try await machine.run("worker", "install", url, "--no-smoke-test", "--force")
        #expect(none.status == 0, "\(none.errors)")
        // What a recipe of that name says holds for the prebuilt one too.
        try machine.addVendor(
            "odd.toml",
            """
            name = "odd"
            module = "git"
            provides = ["workers"]

            [git]
            url = "https://example.invalid/odd.git"

            [[worker]]
            name = "odd"
            variants = ["cpu"]
            build = ["true"]
            binary = "odd"
            smoke-test = ["self", "test"]
            """)
        let recipe = try await machine.run("worker", "install", url, "--force")
        #expect(recipe.status == 0, "\(recipe.errors)")
    }
}
