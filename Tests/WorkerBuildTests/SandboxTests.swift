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

@Suite(.timeLimit(.minutes(1)))
struct SandboxTests {
    func failure(path: String) async -> BuildError? {
        await #expect(throws: BuildError.self) { try await Sandbox(mode: .require, environment: ["PATH": path]) }
    }

    @Test("without bubblewrap there is no sandbox, and the package is named")
    func absent() async throws {
        let folder = try TemporaryDirectory()
        let error = await failure(path: folder.path.string)
        #expect(error?.code == .sandboxUnavailable)
        #expect(error?.remedy?.contains("bubblewrap") == true)
        #expect(error?.remedy?.contains("--sandbox=off") == true)
    }

    @Test("a bubblewrap that cannot start is no sandbox, and what it said is told")
    func refused() async throws {
        let folder = try TemporaryDirectory()
        let script = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
        chmod(try folder.write(script.utf8, to: "bwrap").string, 0o755)
        let error = await failure(path: "\(folder.path):/usr/bin:/bin")
        #expect(error?.code == .sandboxUnavailable)
        #expect(error?.message.contains("No permissions to create new namespace") == true)
        #expect(error?.remedy?.isEmpty == false)
    }

    @Test("a bubblewrap that is too old to deny namespaces shuts in all the same", .sandboxed)
    func older() async throws {
        let folder = try TemporaryDirectory()
        let script = """
            #!/bin/sh
            for word; do [ "$word" = --disable-userns ] && { echo 'bwrap: Unknown option --disable-userns' >&2; exit 1; }; done
            exec /usr/bin/bwrap "$@"
            """
        chmod(try folder.write(script.utf8, to: "bwrap").string, 0o755)
        let bench = try Workbench()
        let output = try await bench.build(
            Workbench.table(["test ! -e /root; echo '#!/bin/sh' > worker; chmod +x worker"]),
            environment: ["PATH": "\(folder.path):/usr/bin:/bin"])
        #expect(output.sandboxed)
    }

    @Test("a kernel without user namespaces is no sandbox", .sandboxed)
    func noNamespaces() async throws {
        // A namespace of its own in which no further one may be made, and no capability to do without.
        let folder = try TemporaryDirectory()
        let script = """
            #!/bin/sh
            exec unshare --user --map-root-user /bin/sh -c 'echo 0 > /proc/sys/user/max_user_namespaces &&
            exec setpriv --bounding-set -all --inh-caps -all /usr/bin/bwrap "$@"' sh "$@"
            """
        chmod(try folder.write(script.utf8, to: "bwrap").string, 0o755)
        let error = await failure(path: "\(folder.path):/usr/bin:/bin")
        #expect(error?.code == .sandboxUnavailable)
        #expect(error?.message.contains("namespace") == true)
    }

    @Test("off wants no bubblewrap")
    func off() async throws {
        let folder = try TemporaryDirectory()
        let sandbox = try await Sandbox(mode: .off, environment: ["PATH": folder.path.string])
        #expect(sandbox.mode == .off)
    }
}

/// Builds that end before their time.
@Suite(.sandboxed, .timeLimit(.minutes(1)))
struct EndingTests {
    static func stubborn(_ mark: String) -> String {
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep \(mark); :' & echo started; sleep \(mark); :"
    }

    @Test("the time limit ends a build that ignores TERM, with the daemon that it left")
    func timeLimit() async throws {
        let error = await (try Workbench()).failure(
            [Self.stubborn("86313")], limits: BuildLimits(time: .milliseconds(1500)))
        #expect(error?.code == .timedOut)
        #expect(error?.step?.contains("86313") == true)
        #expect(error?.lastLines.last == "started")
        #expect(processes(with: "86313").isEmpty)
    }

    @Test("the time limit is for all steps together")
    func sharedTime() async throws {
        let error = await (try Workbench()).failure(
            [String](repeating: "sleep 0.7", count: 10), limits: BuildLimits(time: .seconds(2)))
        #expect(error?.code == .timedOut, "none of them alone takes that long")
    }

    @Test("cancellation ends a build, and nothing of it is alive when that is told")
    func cancellation() async throws {
        let bench = try Workbench()
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await bench.build(Workbench.table([Self.stubborn("86315")])) { line in
                if line == "started" { continuation.finish() }
            }
        }
        for await _ in started {}
        task.cancel()
        let error = await #expect(throws: BuildError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(processes(with: "86315").isEmpty)
    }

    @Test("cancellation at any moment of the start leaves nothing behind")
    func earlyCancellation() async throws {
        for delay in stride(from: 0, to: 40, by: 4) {
            let bench = try Workbench()
            let task = Task { try await bench.build(Workbench.table(["sleep 86316"])) }
            try await Task.sleep(for: .milliseconds(delay))
            task.cancel()
            await #expect(throws: BuildError.self) { try await task.value }
        }
        #expect(processes(with: "86316").isEmpty)
    }
}
