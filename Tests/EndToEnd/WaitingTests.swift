import ArtifactTypes
import ContentStore
import Foundation
import Synchronization
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Several processes that want the same at once.
@Suite struct WaitingTests {
    private let model = ["model", "download", "org/tiny:Q4_K_M", "--json"]

    /// Starts so many downloads of the one model, and returns once one of them is held up in mid-file by the hub and all
    /// others wait for it.
    private func startTogether(
        _ count: Int, on machine: Installation, stalledAfter bytes: Int64
    ) async throws -> (holder: RunningProgram, waiters: [RunningProgram]) {
        machine.hub.setFault(Fault(.stall(after: bytes), times: 1), on: "/cdn/")
        let programs = try (0..<count).map { _ in try machine.start(model) }
        let (waiting, tell) = AsyncStream<Int32>.makeStream()
        for program in programs {
            Task { if await program.prints("waiting for process ") { tell.yield(program.pid) } }
        }
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        var pids: Set<Int32> = []
        for await pid in waiting {
            pids.insert(pid)
            if pids.count == count - 1 { break }
        }
        let holder = try #require(programs.first { !pids.contains($0.pid) })
        return (holder, programs.filter { pids.contains($0.pid) })
    }

    @Test("eight processes that want the same model fetch it once; seven name who does, and show how far it is")
    func eight() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel(megabytes: 4)
        let (holder, waiters) = try await startTogether(8, on: machine, stalledAfter: 1 << 20)
        for waiter in waiters {
            #expect(await waiter.prints("waiting for process \(holder.pid), which works on hf:org/tiny:Q4_K_M"))
            #expect(await waiter.prints("\"event\":\"progress\""))
        }
        machine.hub.releaseStalls()
        for program in waiters + [holder] {
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        #expect(machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes } == files[0].body.size)
        #expect(try machine.storedFiles().allSatisfy { !$0.hasPrefix("staging/") })
    }

    @Test("when the process that fetches is killed, one that waits goes on from there, and is named to the others")
    func killed() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel(megabytes: 24)
        let (holder, waiters) = try await startTogether(3, on: machine, stalledAfter: 12 << 20)
        machine.hub.setFault(Fault(.stall(after: 1 << 20), times: 1), on: "/cdn/")
        holder.send(SIGKILL)
        #expect(try await holder.outcome().status == 128 + SIGKILL)
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled && $0.headers["range"] != nil }
        // One of the two fetches now, and the other one names it.
        let (named, tell) = AsyncStream<Void>.makeStream()
        for (waiter, heir) in zip(waiters, waiters.reversed()) {
            Task { if await waiter.prints("waiting for process \(heir.pid),") { tell.yield() } }
        }
        for await _ in named { break }
        machine.hub.releaseStalls()
        for waiter in waiters {
            let outcome = try await waiter.outcome()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        // What the kill threw away lay in the sockets' buffers: 8 MiB at most.
        #expect(machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes } <= files[0].body.size + 8 << 20)
    }

    @Test("one that runs is waited for beyond the deadline; one that is stopped is named when the deadline has passed")
    func stopped() async throws {
        let machine = try Installation()
        try machine.addTinyModel(megabytes: 4)
        machine.hub.setFault(Fault(.stall(after: 1 << 20), times: 1), on: "/cdn/")
        let program = try machine.start(model)
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }

        let store = try ContentStore(root: machine.store)
        let item = LockName.item(StoreItem(kind: .model, id: "hf:org/tiny:Q4_K_M"))
        let signs = Mutex(0)
        let start = ContinuousClock.now
        let error = await #expect(throws: StoreError.self) {
            try await store.withLock(
                item, deadline: .seconds(1),
                onWait: { _ in
                    let count = signs.withLock { count in
                        count += 1
                        return count
                    }
                    if count == 4 { program.send(SIGSTOP) }
                }, {})
        }
        // Three signs of life, each half a second after the one before.
        #expect(ContinuousClock.now - start > .seconds(2))
        #expect(error?.code == .locked(holder: "process \(program.pid)"))
        let told = "model hf:org/tiny:Q4_K_M is locked by process \(program.pid), which shows no sign of life"
        #expect(error?.message == told)
        machine.hub.releaseStalls()
        program.send(SIGCONT)
        #expect(try await program.outcome().status == 0)
    }

    @Test("two files of one content are fetched once, and no process waits for itself")
    func equalFiles() async throws {
        let machine = try Installation()
        let body = Installation.gguf("a.gguf", .q4KM, megabytes: 4).body
        let twins = ["one.data", "two.data"].map { TestFile($0, body, isLFS: true) }
        try machine.hub.addModel("org/twins", files: [TestFile("config.json", text: "{}")] + twins)
        let outcome = try await machine.run("model", "download", "org/twins", "--include", "*")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("waiting for"), "\(outcome.errors)")
        #expect(machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes } == body.size, "\(outcome.errors)")
    }

    @Test("a file that two models share is fetched once; the second shows how far it is")
    func sharedFile() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel(megabytes: 4)
        try machine.addTinyModel("org/same", megabytes: 4)
        machine.hub.setFault(Fault(.stall(after: 1 << 20), times: 1), on: "/cdn/")
        let first = try machine.start(model)
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        let second = try machine.start(["model", "download", "org/same:Q4_K_M", "--json"])
        #expect(await second.prints("waiting for process \(first.pid), which fetches tiny-Q4_K_M.gguf"))
        #expect(await second.prints("\"event\":\"progress\""))
        machine.hub.releaseStalls()
        #expect(try await first.outcome().status == 0)
        #expect(try await second.outcome().status == 0)
        #expect(machine.payloadRequests.reduce(0) { $0 + $1.payloadBytes } == files[0].body.size)
    }
}
