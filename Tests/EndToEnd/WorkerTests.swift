import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct WorkerTests {
    @Test("of three mirrors, dead, stale and good behind a password, the third builds and the others are named")
    func mirrors() async throws {
        let machine = try Installation()
        let primary = try machine.makeWorkerRepository()
        let stale = machine.folder.path.appending("stale")
        try machine.shell(["git", "clone", "--quiet", "--bare", primary.string, stale.string])
        try machine.commit(primary, "two")
        let commit = try machine.git(primary, "rev-parse", "HEAD")
        let tree = try machine.git(primary, "rev-parse", "HEAD^{tree}")
        let url = machine.hub.addGit("primary", repository: primary.appending(".git"))
        let staleURL = machine.hub.addGit("stale", repository: stale)
        let good = machine.hub.addGit(
            "good", repository: primary.appending(".git"), user: "bot", password: "mirror-canary-42")
        try machine.addWorkerVendor(
            url: url,
            mirrors: """
                "http://127.0.0.1:1/dead.git", "\(staleURL)",
                  { url = "\(good)", username = "bot", token = { env = "MIRROR_TOKEN" } },
                """)
        let environment = ["MIRROR_TOKEN": "mirror-canary-42"]

        let built = try await machine.run("worker", "build", "cpu", environment: environment)
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.output == "demo-worker-cpu-\(commit.prefix(8))-linux\n")
        #expect(built.errors.contains("dead.git") && built.errors.contains("stale"))

        let shown = try await machine.run("worker", "show", "demo-worker-cpu", "--json").json()
        let provenance = try #require(shown["provenance"])
        #expect(provenance["commit"] == .string(commit))
        #expect(provenance["tree"] == .string(tree))
        #expect(provenance["mirror"]?.stringValue?.contains("/git/good.git") == true)
        #expect(provenance["sandboxed"] == .bool(true))
        #expect(provenance["variant"] == .string("cpu"))
        #expect(provenance["skipped"]?.arrayValue?.count == 2)
        guard case .object(let toolchain)? = provenance["toolchain"] else {
            Issue.record("no toolchain")
            return
        }
        #expect(toolchain.keys.contains("gcc"))

        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        #expect(try machine.shell([path, "--version"]) == "demo-worker 1.0.0 (cpu)")

        machine.hub.forgetRequests()
        let again = try await machine.run("worker", "build", "cpu", environment: environment)
        #expect(again.status == 0)
        #expect(machine.hub.requests.allSatisfy { !$0.path.contains("good") }, "the same inputs were fetched twice")
        #expect(try machine.filesContaining("mirror-canary-42") == [])

        #expect(try await machine.run("worker", "verify").status == 0)
        #expect(try await machine.run("worker", "remove", "demo-worker").status == 0)
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("cuda without nvcc stops before any fetch, and says what is missing and what can be built")
    func missingTool() async throws {
        let machine = try Installation()
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        try machine.addWorkerVendor(url: url)
        // The PATH of this test has what a build needs, and no CUDA toolkit.
        let outcome = try await machine.run("worker", "build", "cuda", environment: ["PATH": "/usr/bin:/bin"])
        try #require(!FileManager.default.fileExists(atPath: "/usr/bin/nvcc"))
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("nvcc") && outcome.errors.contains("cuda-toolkit"))
        #expect(outcome.errors.contains("cpu"))
        #expect(machine.hub.requests.isEmpty)
    }

    @Test("without bwrap a build stops with 78 before any fetch")
    func noSandbox() async throws {
        let machine = try Installation()
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        try machine.addWorkerVendor(url: url, requires: "{}")
        let nothing = machine.folder.path.appending("home").string
        let outcome = try await machine.run("worker", "build", "cpu", environment: ["PATH": nothing])
        #expect(outcome.status == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("bubblewrap"))
        #expect(machine.hub.requests.isEmpty)
    }

    @Test("a failing step shows its last lines and exits 1, and nothing is installed")
    func failingBuild() async throws {
        let machine = try Installation()
        let url = machine.hub.addGit("worker", repository: try machine.makeWorkerRepository().appending(".git"))
        try machine.addWorkerVendor(url: url, build: "echo the last words; exit 3")
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the last words"))
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(!FileManager.default.fileExists(atPath: machine.store.appending("workers/demo-worker").string))
    }

    @Test("a build sees no home, no secret and no network, and what it leaves running dies")
    func hostileBuild() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        let home = machine.environment["HOME"] ?? ""
        let port = machine.hub.hub.split(separator: ":").last ?? ""
        let script = """
            #!/bin/bash
            touch "\(home)/written" && echo reached-home
            env | grep -q build-canary-7 && echo reached-secret
            (echo > /dev/tcp/127.0.0.1/\(port)) 2>/dev/null && echo reached-network
            setsid sleep 31557 >/dev/null 2>&1 &
            make variant="$variant"
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: repository.appending("build.sh").string))
        try machine.commit(repository, "hostile")
        let url = machine.hub.addGit("worker", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url, build: "bash build.sh")
        let outcome = try await machine.run(
            "worker", "build", "cpu", environment: ["SOME_SECRET": "build-canary-7"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("reached-"))
        #expect(!FileManager.default.fileExists(atPath: home + "/written"))
        #expect(throws: Installation.CommandFailed.self) { try machine.shell(["pgrep", "-f", "sleep 31557"]) }
    }

    @Test("a release archive is installed, verified and run")
    func installed() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        try machine.shell(["make", "--quiet", "-C", repository.string, "variant=cpu"])
        let top = machine.folder.path.appending("release/tool-2.1.0/bin")
        try FileManager.default.createDirectory(atPath: top.string, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: repository.appending("demo-worker-cpu").string, toPath: top.appending("tool").string)
        for (suffix, flag) in [("tar.gz", "-z"), ("tar.zst", "--zstd")] {
            let name = "tool-2.1.0-linux-\(HostPlatform.current.arch)-cpu.\(suffix)"
            let archive = machine.folder.path.appending(name)
            try machine.shell([
                "tar", "-C", machine.folder.path.appending("release").string, flag, "-cf", archive.string, "tool-2.1.0",
            ])
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: archive.string)))
            let url = try machine.hub.addRelease(name, .bytes(bytes))
            let digest = try TestHub.sha256(of: .bytes(bytes))
            let outcome = try await machine.run("worker", "install", "\(url)#sha256=\(digest)", "--force")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "tool-cpu-2.1.0-linux\n")
            let path = try await machine.run("worker", "path", "tool").output.trimmingCharacters(in: .newlines)
            #expect(try machine.shell([path, "--version"]) == "demo-worker 1.0.0 (cpu)")
            let shown = try await machine.run("worker", "show", "tool", "--json").json()
            #expect(shown["verified"] == .bool(true))

            let wrong = String(repeating: "0", count: 64)
            #expect(try await machine.run("worker", "install", "\(url)#sha256=\(wrong)", "--force").status == 65)
            #expect(try await machine.run("worker", "verify").status == 0)

            // The same archive from this machine's disk: no digest vouches for it.
            let local = try await machine.run("worker", "install", "file:\(archive)", "--force")
            #expect(local.status == 0, "\(local.errors)")
            #expect(try machine.shell([path, "--version"]) == "demo-worker 1.0.0 (cpu)")
            #expect(try await machine.run("worker", "show", "tool", "--json").json()["verified"] == .bool(false))
        }
        let folder = try await machine.run("worker", "install", "file:\(machine.folder.path.appending("release"))")
        #expect(folder.status == 64, "\(folder.errors)")
        #expect(folder.errors.contains("is no release archive"))
    }

    @Test(
        "a hostile archive is refused with 65, its entry named, and nothing written outside",
        arguments: [
            ("../x", "python"), ("/absolute", "python"), ("link-to-passwd", "link /etc/passwd"),
            ("link-to-victim", "link ../victim"), ("device", "device"),
        ])
    func hostileArchive(entry: String, kind: String) async throws {
        let machine = try Installation()
        let archive = machine.folder.path.appending("evil-1.0-linux-cpu.tar.gz")
        try machine.shell([
            "python3", Self.maker, archive.string, entry, kind,
        ])
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: archive.string)))
        let url = try machine.hub.addRelease("evil-1.0-linux-cpu.tar.gz", .bytes(bytes))
        let outcome = try await machine.run("worker", "install", url)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains(entry))
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")
        #expect(!FileManager.default.fileExists(atPath: "/absolute"))
        #expect(try machine.storedFiles().allSatisfy { $0.hasPrefix("staging/partials") })
    }

    private static let maker = Installation.fixtures.appending("hostile-archive.py").string
}
