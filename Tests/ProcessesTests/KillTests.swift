import Processes
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Every way in which a process may end early leaves none of its group alive.
@Suite(.timeLimit(.minutes(1)))
struct KillTests {
    /// Ignores TERM, has a grandchild that ignores it too, says both ids and stays.
    static let stubborn = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 600; :' & echo $$; wait; sleep 600"

    /// Collects the process ids that a script prints, and tells when there are enough.
    final class Family: Sendable {
        private let ids = Mutex<[Int32]>([])
        private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        private let size: Int

        init(size: Int) { self.size = size }

        func take(_ line: String) {
            let count = ids.withLock { ids in
                if let id = Int32(line) { ids.append(id) }
                return ids.count
            }
            if count == size { continuation.finish() }
        }

        func complete() async { for await _ in stream {} }
        var members: [Int32] { ids.withLock { $0 } }
        var living: [Int32] { members.filter(isAlive) }
    }

    @Test("a time limit kills a process and a grandchild that ignore TERM, and reaps them")
    func timeout() async throws {
        let family = Family(size: 2)
        let request = RunTests.shell(Self.stubborn, timeout: .seconds(1))
        let error = await #expect(throws: ProcessError.self) { try await run(request) { family.take($0.text) } }
        #expect(error?.code == .timedOut)
        #expect(family.members.count == 2)
        #expect(await eventually { family.living.isEmpty })
    }

    @Test("cancellation kills a group that ignores TERM")
    func cancellation() async throws {
        let family = Family(size: 2)
        let task = Task { try await run(RunTests.shell(Self.stubborn)) { family.take($0.text) } }
        await family.complete()
        task.cancel()
        let error = await #expect(throws: ProcessError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(await eventually { family.living.isEmpty })
    }

    @Test("a task that is cancelled already starts nothing")
    func cancelledBefore() async throws {
        let started = Mutex(false)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await run(RunTests.shell("exit 0"), onStart: { _ in started.withLock { $0 = true } })
        }
        let error = await #expect(throws: ProcessError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(!started.withLock { $0 })
    }

    @Test("a grandchild that holds the pipes open neither delays the end nor outlives it")
    func orphan() async throws {
        let family = Family(size: 1)
        let outcome = try await run(RunTests.shell("sleep 600 & echo $!; exit 7")) { family.take($0.text) }
        #expect(outcome.status == .exited(7))
        #expect(await eventually { family.living.isEmpty })
    }

    @Test("a process that closes its output and works on is waited for")
    func silentWork() async throws {
        let outcome = try await run(RunTests.shell("exec >&- 2>&-; sleep 0.3; exit 9"))
        #expect(outcome.status == .exited(9))
    }

    @Test("a process that closed its output is still under the time limit")
    func silentHang() async throws {
        let request = RunTests.shell("exec >&- 2>&-; sleep 600", timeout: .milliseconds(300))
        let error = await #expect(throws: ProcessError.self) { try await run(request) }
        #expect(error?.code == .timedOut)
    }

    @Test("death by a signal is told as such")
    func signalled() async throws {
        #expect(try await run(RunTests.shell("kill -9 $$")).status == .signalled(9))
    }

    @Test("cancellation at any moment of the start leaves no process")
    func cancelledWhileStarting() async throws {
        let family = Family(size: .max)
        for delay in 0..<30 {
            let task = Task {
                try await run(RunTests.shell("sleep 600 & wait"), onStart: { family.take(String($0)) })
            }
            try await Task.sleep(for: .microseconds(delay * 200))
            task.cancel()
            let error = await #expect(throws: ProcessError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
        #expect(await eventually { !family.members.contains { isKnown(-$0) } }, "no group has a member left")
    }

    @Test("no zombie stays behind")
    func reaped() async throws {
        let process = Mutex<Int32>(0)
        _ = try await run(RunTests.shell("exit 0"), onStart: { id in process.withLock { $0 = id } })
        let id = process.withLock { $0 }
        #expect(id > 0)
        #expect(!isKnown(id))
    }
}
