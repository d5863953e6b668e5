import Glibc
import SystemPackage
import Testing

@testable import Transfer

@Suite("Retries")
struct RetryTests {
    let bytes = content(100_000)

    @Test("follow 408, 425, 429 and 5xx until an answer comes", arguments: [408, 425, 429, 500, 502, 503, 504])
    func transient(status: Int) async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            request.number < 3 ? wire.answer(status) : serve(bytes, to: request, wire)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count))
        #expect(outcome.sha256 == sha256(bytes))
        #expect(bench.waits.all.count == 3)
        #expect(bench.waits.all.allSatisfy { $0 <= .seconds(2) })
    }

    @Test(
        "end after five attempts",
        arguments: [(429, TransferError.Code.rateLimited(retryAfter: nil)), (502, .status(502))])
    func bounded(status: Int, code: TransferError.Code) async throws {
        let server = try ScriptedServer { _, wire in wire.answer(status) }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server]))?.code == code)
        #expect(server.requests.count == 5)
    }

    @Test("do not follow what will not change", arguments: [400, 401, 403, 404, 410, 451])
    func final(status: Int) async throws {
        let server = try ScriptedServer { _, wire in wire.answer(status) }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server]))?.code == .status(status))
        #expect(server.requests.count == 1)
    }

    @Test(
        "wait as long as a server asks, up to the cap",
        arguments: [("7", 7), ("300", 300), ("0", 0), (" 12 ", 12)])
    func retryAfter(text: String, seconds: Int) async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            request.number == 0 ? wire.answer(503, ["Retry-After": text]) : serve(bytes, to: request, wire)
        }
        let bench = try Bench()
        try await bench.fetch(bench.download([server], size: bytes.count))
        let wait = try #require(bench.waits.all.first)
        #expect(wait >= .seconds(seconds) && wait <= .seconds(seconds + 1))
    }

    @Test("take nonsense for nothing said", arguments: ["-5", "soon", "", "1.5", "7 days"])
    func junk(text: String) {
        #expect(RetryPolicy.retryAfter(ResponseHead(status: 503, headers: ["retry-after": text])) == nil)
    }

    @Test("understand a date")
    func date() {
        let head = ResponseHead(status: 503, headers: ["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"])
        #expect(RetryPolicy.retryAfter(head, now: 784_111_777 - 90) == .seconds(90))
        #expect(RetryPolicy.retryAfter(head, now: 784_111_777 + 90) == .seconds(0))
    }

    @Test("do not wait longer than the cap", arguments: ["301", "99999999999999999999999"])
    func overCap(text: String) async throws {
        let server = try ScriptedServer { _, wire in wire.answer(429, ["Retry-After": text]) }
        let bench = try Bench()
        guard case .rateLimited(let seconds) = await bench.failure(bench.download([server]))?.code else {
            Issue.record("not rate limited")
            return
        }
        #expect((seconds ?? 0) > 300)
        #expect(bench.waits.all.isEmpty)
    }

    @Test("hold back the other requests to a host that asked for a pause")
    func gate() async throws {
        let server = try ScriptedServer { request, wire in
            request.path == "/busy" ? wire.answer(429, ["Retry-After": "100"]) : wire.answer(200)
        }
        let bench = try Bench(attempts: 1)
        let access = TransferAccess(configuredOrigins: [server.origin])
        _ = try await bench.engine.send(TransferRequest(url: server.origin + "/busy", access: access))
        #expect(bench.waits.all.isEmpty)
        _ = try await bench.engine.send(TransferRequest(url: server.origin + "/other", access: access))
        let wait = try #require(bench.waits.all.first)
        #expect(wait > .seconds(90) && wait <= .seconds(100))
    }

    @Test("of a host that asks for a pause are not made where there is another", arguments: [429, 403])
    func alternative(status: Int) async throws {
        let busy = try ScriptedServer { _, wire in wire.answer(status, ["Retry-After": "100"]) }
        let good = try ScriptedServer { [bytes] request, wire in serve(bytes, to: request, wire) }
        let bench = try Bench()
        let access = TransferAccess(configuredOrigins: [busy.origin])
        let error = await #expect(throws: TransferError.self) {
            try await bench.engine.send(TransferRequest(url: busy.origin, access: access, hasAlternative: true))
        }
        #expect(error?.code == .rateLimited(retryAfter: 100))
        for _ in 0..<2 {
            let outcome = try await bench.fetch(bench.download([busy, good], size: bytes.count))
            #expect(outcome.sha256 == sha256(bytes))
            _ = bench.download([good]).partial.withPlatformString { unlink($0) }
        }
        #expect(bench.waits.all.isEmpty)
        #expect(busy.requests.count == 1)
    }

    @Test("are made where GitHub asks for a pause by 403")
    func forbidden() async throws {
        let server = try ScriptedServer { request, wire in
            request.number == 0 ? wire.answer(403, ["Retry-After": "7"]) : wire.answer(200)
        }
        let bench = try Bench()
        let access = TransferAccess(configuredOrigins: [server.origin])
        #expect(try await bench.engine.send(TransferRequest(url: server.origin, access: access)).status == 200)
        #expect(bench.waits.all.contains { $0 >= .seconds(7) && $0 < .seconds(8) })
    }

    @Test("grow with each failure and spread over the whole wait")
    func jitter() {
        let policy = RetryPolicy(TransferConfiguration(backoffBase: .seconds(1), backoffCap: .seconds(10)))
        for (attempt, longest) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (60, 10)] {
            let waits = (0..<200).map { _ in policy.backoff(afterAttempt: attempt) }
            #expect(waits.allSatisfy { $0 >= .zero && $0 <= .seconds(longest) })
            #expect(waits.contains { $0 < .seconds(longest) / 2 } && waits.contains { $0 > .seconds(longest) / 2 })
        }
    }

    @Test("come after a stall and after a trickle", arguments: [false, true])
    func stalls(isTrickling: Bool) async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            guard request.number == 0 else { return serve(bytes, to: request, wire) }
            wire.answer(200, ["ETag": "\"v1\""], Array(bytes[..<50_000]), length: bytes.count)
            guard isTrickling else { return wire.waitForEnd() }
            for byte in bytes[50_000...] {
                guard wire.send([byte]) else { return wire.close() }
                pauseServer(milliseconds: 50)
            }
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, stall: 1))
        #expect(outcome.sha256 == sha256(bytes))
        #expect(server.requests.count == 2)
        #expect(bench.log.text.contains("too slow"))
    }

    @Test("of a host that cannot be reached are not made where there is another", arguments: [true, false])
    func unreachable(hasAlternative: Bool) async throws {
        // Nobody listens there; no such name is ever given out (RFC 6761).
        for url in ["http://127.0.0.1:9", "http://host.invalid"] {
            let bench = try Bench()
            let request = TransferRequest(
                url: url, access: TransferAccess(configuredOrigins: [url]), hasAlternative: hasAlternative)
            let error = await #expect(throws: TransferError.self) { try await bench.engine.send(request) }
            #expect(error?.code == .connect, "\(error.map { String(describing: $0) } ?? "")")
            #expect(bench.waits.all.count == (hasAlternative ? 0 : 4))
        }
    }

    @Test("of a body that always ends early are bounded")
    func alwaysShort() async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            serveBroken(bytes, after: 50_000, to: request, wire)
        }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server], size: bytes.count))?.code == .connect)
        #expect(server.requests.count == 5)
    }
}
