import ArtifactTypes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.sandboxed, .timeLimit(.minutes(1)))
struct SmokeTestTests {
    let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    func program(_ script: String, _ name: String = "bin/worker") throws -> FilePath {
        let file = try bench.folder.write("#!/bin/sh\n\(script)\n".utf8, to: name)
        chmod(file.string, 0o755)
        return file
    }

    func builder() async throws -> WorkerBuilder {
        WorkerBuilder(sandbox: try await Sandbox(mode: .require, environment: bench.environment))
    }

    @Test("a worker that runs passes, with its arguments and what lies beside it")
    func passes() async throws {
        let worker = try program(
            "touch \"$TMPDIR/file\" && test \"$1\" = --version && test -f \"$(dirname \"$0\")/../share/data\"")
        try bench.folder.write("x".utf8, to: "share/data")
        try await builder().smokeTest(worker, arguments: ["--version"], in: bench.folder.path)
    }

    @Test("a worker that fails is told with what it said")
    func fails() async throws {
        let worker = try program("echo cannot load model >&2; exit 3")
        let builder = try await builder()
        let error = await #expect(throws: BuildError.self) {
            try await builder.smokeTest(worker, arguments: ["--version"])
        }
        #expect(error?.code == .smokeTestFailed)
        #expect(error?.message.contains("exit status 3") == true)
        #expect(error?.step == "worker --version")
        #expect(error?.lastLines == ["cannot load model"])
    }

    @Test("a worker's first run sees no home, no network and no secret, and changes nothing")
    func shutIn() async throws {
        let worker = try program(
            "cat '\(bench.home)/token'; env; touch \"$(dirname \"$0\")/evil\"; ls /sys/class/net /proc/net/dev; exit 1")
        let builder = try await builder()
        let error = await #expect(throws: BuildError.self) { try await builder.smokeTest(worker, arguments: []) }
        #expect(error?.lastLines.contains { $0.contains(Workbench.canary) } == false)
        #expect(text(bench.folder.path.appending("bin/evil").string) == nil)
    }
}
