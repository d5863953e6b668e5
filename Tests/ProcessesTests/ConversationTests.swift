import ArtifactTypes
import Processes
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConversationTests {
    static func ignore(_: [UInt8]) {}

    @Test("lines go to and fro, and standard error comes apart from them")
    func dialogue() async throws {
        let log = Mutex("")
        let script = "while read word; do echo \"<$word>\"; echo \"log $word\" >&2; done"
        let answers = try await withProcess(
            RunTests.shell(script),
            stderr: { bytes in log.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        ) { process in
            var answers: [String] = []
            for word in ["one", "two"] {
                try await process.write(Array((word + "\n").utf8))
                answers.append(String(decoding: try #require(await process.readLine(limit: 100)), as: UTF8.self))
            }
            try await process.closeInput()
            #expect(try await process.readLine(limit: 100) == nil)
            return answers
        }
        #expect(answers == ["<one>", "<two>"])
        #expect(log.withLock { $0 } == "log one\nlog two\n")
    }

    @Test("a secret that a process says on standard error does not arrive")
    func redaction() async throws {
        let log = Mutex("")
        var request = RunTests.shell("read secret; echo \"got $secret\" >&2; echo done")
        request.secrets = [Secret("swordfish")]
        try await withProcess(
            request, stderr: { bytes in log.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        ) { process in
            try await process.write(Array("swordfish\n".utf8))
            _ = try await process.readLine(limit: 10)
        }
        #expect(log.withLock { $0 } == "got •••\n")
    }

    @Test("a line over the limit is an error, long before it ends")
    func longLine() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await withProcess(RunTests.shell("tr '\\0' x </dev/zero"), stderr: Self.ignore) { process in
                _ = try await process.readLine(limit: 1 << 20)
            }
        }
        #expect(error?.code == .lineTooLong)
    }

    @Test("a process that is silent beyond the deadline is killed")
    func silence() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await withProcess(RunTests.shell("trap '' TERM; sleep 600; :"), stderr: Self.ignore) { process in
                _ = try await process.readLine(limit: 100, within: .milliseconds(200))
            }
        }
        #expect(error?.code == .timedOut)
    }

    @Test("writing to a process that is gone is an error and not our death by SIGPIPE")
    func brokenPipe() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await withProcess(RunTests.shell("exec <&-; echo closed; sleep 600"), stderr: Self.ignore) { process in
                _ = try await process.readLine(limit: 100)
                try await process.write([UInt8](repeating: 10, count: 1 << 20))
            }
        }
        #expect(error?.code == .io(errno: Errno.brokenPipe.rawValue))
    }

    @Test("when the conversation is over the group is dead, whatever it ignores", arguments: [false, true])
    func ended(failing: Bool) async throws {
        struct Failure: Error {}
        let family = KillTests.Family(size: 2)
        do {
            try await withProcess(RunTests.shell(KillTests.stubborn), stderr: Self.ignore) { process in
                for _ in 0..<2 {
                    let line = try await process.readLine(limit: 100)
                    family.take(String(decoding: line ?? [], as: UTF8.self))
                }
                if failing { throw Failure() }
            }
            #expect(!failing)
        } catch is Failure {
            #expect(failing)
        }
        #expect(family.members.count == 2)
        #expect(await eventually { family.living.isEmpty })
    }

    @Test("cancellation ends a conversation that waits for an answer")
    func cancellation() async throws {
        let family = KillTests.Family(size: 2)
        let task = Task {
            try await withProcess(RunTests.shell(KillTests.stubborn), stderr: Self.ignore) { process in
                while let line = try await process.readLine(limit: 100) {
                    family.take(String(decoding: line, as: UTF8.self))
                }
            }
        }
        await family.complete()
        task.cancel()
        let error = await #expect(throws: ProcessError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(await eventually { family.living.isEmpty })
    }

    @Test("a flood on standard error holds nothing up and is not kept")
    func flood() async throws {
        let bytes = Mutex(0)
        let line = try await withProcess(
            RunTests.shell("head -c 20000000 /dev/zero >&2; echo done"),
            stderr: { piece in bytes.withLock { $0 += piece.count } }
        ) { process in
            try await process.readLine(limit: 100)
        }
        #expect(line == Array("done".utf8))
        #expect(bytes.withLock { $0 } < 20_000)
    }
}
