import ArtifactTypes
import Testing

@testable import Transfer

@Suite("Cancellation")
struct CancellationTests {
    /// It takes milliseconds; the rest is for a machine that runs much else. What is cancelled would wait far longer.
    private static let limit = Duration.seconds(5)

    /// Cancels `task` when `moment` comes, and says how it ended and how long that took.
    private func cancel<Value: Sendable>(
        _ task: Task<Value, any Error>, at moment: AsyncStream<Void>
    ) async -> (TransferError.Code?, Duration) {
        for await _ in moment { break }
        let start = ContinuousClock.now
        task.cancel()
        let result = await task.result
        guard case .failure(let error) = result else { return (nil, .zero) }
        return ((error as? TransferError)?.code, ContinuousClock.now - start)
    }

    @Test("ends a request that waits for its answer at once")
    func waiting() async throws {
        let (moment, signal) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { _, wire in
            signal.yield()
            wire.waitForEnd()
        }
        let bench = try Bench()
        let request = TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
        let (code, time) = await cancel(Task { _ = try await bench.engine.send(request) }, at: moment)
        #expect(code == .cancelled && time < Self.limit)
    }

    @Test("ends a download in its middle, and what is there is gone on from")
    func middle() async throws {
        let bytes = content(2 << 20)
        let (moment, signal) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { request, wire in
            guard request.number == 0 else { return serve(bytes, to: request, wire) }
            wire.answer(200, ["ETag": "\"v1\""], Array(bytes[..<(1 << 20)]), length: bytes.count)
            signal.yield()
            wire.waitForEnd()
        }
        let bench = try Bench()
        let download = bench.download([server], size: bytes.count)
        let task = Task { _ = try await bench.fetch(download) }
        let (code, time) = await cancel(task, at: moment)
        #expect(code == .cancelled && time < Self.limit)
        let held = try #require(bench.held)
        #expect(bytes.starts(with: held))
        let outcome = try await bench.fetch(download)
        #expect(outcome.fetchedBytes == Int64(bytes.count - held.count) && outcome.sha256 == sha256(bytes))
    }

    @Test("ends the wait between two attempts")
    func backoff() async throws {
        let (moment, signal) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { _, wire in wire.answer(503, ["Retry-After": "200"]) }
        let bench = try Bench {
            $0.sleep = { duration in
                signal.yield()
                try await Task.sleep(for: duration)
            }
        }
        let download = bench.download([server])
        let (code, time) = await cancel(Task { try await bench.fetch(download) }, at: moment)
        #expect(code == .cancelled && time < Self.limit)
    }

    @Test("before the start makes no request")
    func before() async throws {
        let server = try ScriptedServer { _, wire in wire.answer(200) }
        let bench = try Bench()
        let request = TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await bench.engine.send(request)
        }
        task.cancel()
        let result = await task.result
        #expect(throws: TransferError.self) { try result.get() }
        #expect(server.requests.isEmpty)
    }

    @Test("comes to all requests when the engine is shut down, and later ones fail at once")
    func shutdown() async throws {
        let (moment, signal) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { _, wire in
            signal.yield()
            wire.waitForEnd()
        }
        let bench = try Bench()
        let request = TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
        let task = Task { _ = try await bench.engine.send(request) }
        for await _ in moment { break }
        bench.engine.shutdown()
        let result = await task.result
        #expect(throws: TransferError.self) { try result.get() }
        await #expect(throws: TransferError.self) { try await bench.engine.send(request) }
        #expect(server.requests.count == 1)
    }

    @Test("of many at once leaves the engine usable")
    func many() async throws {
        let server = try ScriptedServer { request, wire in
            request.path == "/ok" ? wire.answer(200) : wire.waitForEnd()
        }
        let bench = try Bench { $0.maximumHostConnections = 64 }
        let access = TransferAccess(configuredOrigins: [server.origin])
        let origin = server.origin
        let tasks = (0..<40).map { _ in
            Task { _ = try await bench.engine.send(TransferRequest(url: origin + "/hang", access: access)) }
        }
        for task in tasks { task.cancel() }
        for task in tasks {
            let result = await task.result
            #expect(throws: TransferError.self) { try result.get() }
        }
        #expect(try await bench.engine.send(TransferRequest(url: origin + "/ok", access: access)).status == 200)
    }
}
