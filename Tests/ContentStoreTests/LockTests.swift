import ArtifactTypes
import ContentStore
import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Locks")
struct LockTests {
    /// A process that holds a lock file until it is killed; alive once it has written a line.
    struct Holder {
        let process = Process()

        init(_ fixture: StoreFixture, _ name: String) throws {
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
            let file = fixture.store.root.appending("locks/\(name)").string
            // One process, so that killing it lets the lock go: flock becomes the shell, and that sleep.
            process.arguments = [
                "--no-fork", file, "/bin/sh", "-c", "echo $$ > \"$0\"; echo held; exec sleep 60", file,
            ]
            process.standardOutput = output
            try process.run()
            _ = output.fileHandleForReading.availableData
        }

        func kill() {
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    @Test("what another process holds is waited for, and the waiter is told once by whom")
    func otherProcess() async throws {
        let fixture = try StoreFixture()
        let holder = try Holder(fixture, "source-x")
        let told = Mutex<[String]>([])
        let code = await storeError {
            try await fixture.store.withLock(
                .source("x"), deadline: .milliseconds(100),
                onWait: { holder in told.withLock { $0.append("\(holder)") } }
            ) {}
        }
        guard case .locked(let name) = code else {
            Issue.record("expected locked, got \(String(describing: code))")
            return
        }
        #expect(name.hasPrefix("process "))
        #expect(told.withLock { $0 } == [name])
        holder.kill()
    }

    @Test("a lock dies with the process that held it")
    func deadHolder() async throws {
        let fixture = try StoreFixture()
        let holder = try Holder(fixture, "source-x")
        let (waiting, continuation) = AsyncStream<Void>.makeStream()
        let store = fixture.store
        let waiter = Task {
            try await store.withLock(.source("x"), deadline: .seconds(30), onWait: { _ in continuation.yield() }) { 7 }
        }
        for await _ in waiting { break }
        holder.kill()
        #expect(try await waiter.value == 7)
    }

    @Test("tasks of one process exclude each other, and no turn is lost")
    func exclusion() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let turns = Turns()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<25 {
                        try await store.withLock(.source("x"), deadline: .seconds(60)) {
                            turns.enter()
                            await Task.yield()
                            turns.leave()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(turns.most == 1)
        #expect(turns.count == 200)
        #expect(fixture.names("locks").isEmpty)
    }

    @Test("a waiter that is cancelled stops waiting")
    func cancellation() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        try await store.withLock(.maintenance, deadline: .zero) {
            let (waiting, continuation) = AsyncStream<Void>.makeStream()
            let waiter = Task {
                await storeError {
                    try await store.withLock(
                        .maintenance, deadline: .seconds(300), onWait: { _ in continuation.yield() }
                    ) {}
                }
            }
            for await _ in waiting { break }
            waiter.cancel()
            #expect(await waiter.value == .cancelled)
        }
    }

    @Test("a job's name is taken while its tree lives")
    func trees() async throws {
        let fixture = try StoreFixture()
        try await fixture.store.withTree(job: "../../job") { tree in
            #expect(tree.root.removingLastComponent() == fixture.store.root.appending("staging/trees"))
            let code = await storeError { _ = try await fixture.store.makeTree(job: "../../job") }
            #expect(code == .locked(holder: "process \(getpid())"))
        }
        let again = try await fixture.store.makeTree(job: "../../job")
        try await again.discard()
        #expect(fixture.names("staging/trees").isEmpty)
    }
}

/// Counts who is inside.
private final class Turns: Sendable {
    private let state = Mutex((inside: 0, most: 0, count: 0))

    var most: Int { state.withLock { $0.most } }
    var count: Int { state.withLock { $0.count } }

    func enter() {
        state.withLock {
            $0.inside += 1
            $0.most = max($0.most, $0.inside)
        }
    }

    func leave() {
        state.withLock {
            $0.inside -= 1
            $0.count += 1
        }
    }
}
