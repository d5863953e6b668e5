import ArtifactTypes
import Processes
import Synchronization
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1)))
struct RunTests {
    static let environment = ["PATH": "/usr/bin:/bin"]

    static func shell(_ script: String, timeout: Duration? = nil) -> ProcessRequest {
        ProcessRequest(
            executable: "/bin/sh", arguments: ["-c", script], environment: environment, timeout: timeout)
    }

    @Test("output, exit status and the lines of both streams arrive")
    func wholeOutcome() async throws {
        let lines = Mutex<[OutputLine]>([])
        let outcome = try await run(Self.shell("echo one; echo two >&2; printf three; exit 3")) { line in
            lines.withLock { $0.append(line) }
        }
        #expect(outcome.status == .exited(3))
        #expect(!outcome.succeeded)
        #expect(outcome.text == "one\nthree")
        let seen = lines.withLock { $0 }
        #expect(seen.filter { $0.stream == .output }.map(\.text) == ["one", "three"])
        #expect(seen.filter { $0.stream == .error }.map(\.text) == ["two"])
        #expect(Set(outcome.lastLines) == ["one", "two", "three"])
    }

    @Test("a process sees the environment it is given and nothing of ours")
    func environmentIsWhole() async throws {
        var request = ProcessRequest(executable: "/usr/bin/env", environment: ["ONLY": "this"])
        request.workingDirectory = "/"
        #expect(try await run(request).text == "ONLY=this\n")
    }

    @Test("input larger than a pipe goes through, and the process sees its end")
    func largeInput() async throws {
        var request = ProcessRequest(executable: "/usr/bin/wc", arguments: ["-c"], environment: Self.environment)
        request.input = [UInt8](repeating: 65, count: 3 << 20)
        #expect(try await run(request).text.contains("3145728"))
    }

    @Test("a process that does not read its input is no error")
    func unreadInput() async throws {
        var request = Self.shell("exec <&-; echo done")
        request.input = [UInt8](repeating: 65, count: 1 << 20)
        #expect(try await run(request).text == "done\n")
    }

    @Test("it runs where it is told to, and a folder that is not there is named")
    func workingDirectory() async throws {
        let folder = try TemporaryDirectory()
        var request = Self.shell("pwd -P")
        request.workingDirectory = folder.path
        #expect(try await run(request).text.contains(folder.path.lastComponent!.string))
        request.workingDirectory = "/nowhere/at/all"
        let error = await #expect(throws: ProcessError.self) { try await run(request) }
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }

    @Test("a program that is not there is not found, one that may not be executed cannot start")
    func startErrors() async throws {
        let missing = await #expect(throws: ProcessError.self) {
            try await run(ProcessRequest(executable: "/usr/bin/no-such-program", environment: [:]))
        }
        #expect(missing?.code == .notFound)
        let folder = try TemporaryDirectory()
        let file = try folder.write("echo".utf8, to: "plain")
        let refused = await #expect(throws: ProcessError.self) {
            try await run(ProcessRequest(executable: file, environment: [:]))
        }
        #expect(refused?.code == .cannotStart(errno: Errno.permissionDenied.rawValue))
    }

    @Test(
        "a program that someone still holds open for writing is started once it is let go, and not for ever waited for")
    func busy() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("#!/bin/sh\necho started\n".utf8, to: "written")
        #expect(chmod(file.string, 0o755) == 0)
        let request = ProcessRequest(executable: file, environment: [:])
        let writer = try FileDescriptor.open(file, .writeOnly)
        let error = await #expect(throws: ProcessError.self) { try await run(request) }
        #expect(error?.code == .cannotStart(errno: Errno.textFileBusy.rawValue))
        async let outcome = run(request)
        try await Task.sleep(for: .milliseconds(50))
        try writer.close()
        #expect(try await outcome.text == "started\n")
    }

    @Test("a NUL in an argument, or a variable without a name, starts nothing")
    func hostileTexts() async throws {
        for request in [
            ProcessRequest(executable: "/bin/true", arguments: ["a\0b"], environment: [:]),
            ProcessRequest(executable: "/bin/true", environment: ["A=B": "c"]),
            ProcessRequest(executable: "/bin/true", environment: ["": "c"]),
        ] {
            let error = await #expect(throws: ProcessError.self) { try await run(request) }
            #expect(error?.code == .cannotStart(errno: Errno.invalidArgument.rawValue))
        }
    }

    @Test("a process that floods its output is killed at the limit")
    func outputLimit() async throws {
        var request = Self.shell("exec yes")
        request.outputLimit = 100_000
        let error = await #expect(throws: ProcessError.self) { try await run(request) }
        #expect(error?.code == .outputLimit)
    }

    @Test("a line over the limit is cut, and the next one is whole")
    func longLine() async throws {
        var request = Self.shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo next")
        request.lineLimit = 100
        let outcome = try await run(request)
        #expect(outcome.lastLines == [String(repeating: "x", count: 100) + "…", "next"])
    }

    @Test("no more than the last thirty lines are kept")
    func tail() async throws {
        let outcome = try await run(Self.shell("seq 100"))
        #expect(outcome.lastLines == (71...100).map(String.init))
    }

    @Test("a secret shows in no line, not even where a long line is cut through it")
    func redaction() async throws {
        var request = Self.shell("read token; echo \"token=$token\"; echo \"$token\" >&2; printf 'xx%s' \"$token\"")
        request.input = Array("hunter2-canary\n".utf8)
        request.secrets = [Secret("hunter2-canary")]
        request.lineLimit = 10
        let outcome = try await run(request)
        #expect(outcome.lastLines.count == 3)
        #expect(!outcome.lastLines.contains { $0.contains("hunter") })
        #expect(outcome.text.contains("hunter2-canary"), "what a program returns is left as it is")
    }

    @Test("invalid UTF-8 is repaired")
    func invalidText() async throws {
        #expect(try await run(Self.shell("printf 'a\\377b\\n'")).lastLines == ["a\u{FFFD}b"])
    }

    @Test("a hundred processes at once all end with what they said")
    func many() async throws {
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<100 { group.addTask { try await run(Self.shell("echo \(number)")).text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts.count == 100)
    }
}
