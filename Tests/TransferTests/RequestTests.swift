import Synchronization
import Testing

@testable import Transfer

@Suite("A request")
struct RequestTests {
    private func outcome(
        _ bench: Bench, _ server: ScriptedServer, limit: Int = 1 << 20
    ) async -> Result<TransferResponse, TransferError> {
        await Result.catching { () async throws(TransferError) in
            try await bench.engine.send(
                TransferRequest(
                    url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]), maximumBytes: limit)
            )
        }
    }

    @Test("returns any final answer with its headers and body", arguments: [200, 304, 401, 404, 418])
    func anyStatus(status: Int) async throws {
        let server = try ScriptedServer { _, wire in
            wire.answer(status, ["X-Error-Code": "Some thing", "LINK": "<a>"], status == 304 ? [] : Array("body".utf8))
        }
        let response = try await outcome(try Bench(), server).get()
        #expect(response.status == status)
        #expect(response.headers["x-error-code"] == "Some thing" && response.headers["link"] == "<a>")
        #expect(status == 304 || response.body == Array("body".utf8))
    }

    @Test("returns the last answer when retrying did not help")
    func exhausted() async throws {
        let server = try ScriptedServer { _, wire in wire.answer(500, [:], Array("sorry".utf8)) }
        let response = try await outcome(try Bench(), server).get()
        #expect(response.status == 500 && response.body == Array("sorry".utf8))
        #expect(server.requests.count == 5)
    }

    @Test("stops at its limit, with and without a declared length", arguments: [true, false])
    func limited(isEndless: Bool) async throws {
        let server = try ScriptedServer { _, wire in
            guard isEndless else { return wire.answer(200, [:], [UInt8](repeating: 1, count: 2 << 20)) }
            wire.answer(200, ["Transfer-Encoding": "chunked"])
            while wire.send(Array("10\r\n0123456789abcdef\r\n".utf8)) {}
        }
        guard case .failure(let error) = await outcome(try Bench(), server) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .tooLarge)
    }

    @Test("counts a compressed body as what it unpacks to")
    func bomb() async throws {
        // Stored blocks: gzip's framing without its packing.
        let packed = gzip([UInt8](repeating: 0, count: 1_000_000))
        let server = try ScriptedServer { _, wire in wire.answer(200, ["Content-Encoding": "gzip"], packed) }
        #expect(try await outcome(try Bench(), server, limit: 1_000_000).get().body.count == 1_000_000)
        guard case .failure(let error) = await outcome(try Bench(), server, limit: 999_999) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .tooLarge)
        #expect(server.requests.allSatisfy { $0.headers["accept-encoding"] == "gzip" })
    }

    @Test("with a body is sent whole")
    func body() async throws {
        let server = try ScriptedServer { request, wire in wire.answer(200, [:], Array(request.body.reversed())) }
        let body = content(3 << 20)
        let response = try await Bench().engine.send(
            TransferRequest(
                method: "POST", url: server.origin, headers: ["Content-Type": "a/b"], body: body,
                access: TransferAccess(configuredOrigins: [server.origin])))
        #expect(response.body == body.reversed())
        #expect(server.requests.first?.headers["content-type"] == "a/b")
        #expect(server.requests.first?.headers["expect"] == nil)
    }

    @Test("refuses a flood of headers")
    func headerFlood() async throws {
        let server = try ScriptedServer { _, wire in
            wire.send(Array("HTTP/1.1 200 OK\r\n".utf8))
            while wire.send(Array("X-Filler: 0123456789abcdef0123456789abcdef\r\n".utf8)) {}
        }
        guard case .failure(let error) = await outcome(try Bench(), server) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .protocolViolation)
    }

    @Test("refuses an untrusted certificate and never falls back")
    func untrusted() async throws {
        // A server that answers a TLS hello in plain text.
        let server = try ScriptedServer { _, wire in wire.close() }
        let bench = try Bench(attempts: 1)
        let result = await Result<TransferResponse, TransferError>.catching { () async throws(TransferError) in
            try await bench.engine.send(
                TransferRequest(
                    url: "https://127.0.0.1:\(server.port)",
                    access: TransferAccess(configuredOrigins: ["https://127.0.0.1:\(server.port)"], stallTimeout: 1)))
        }
        #expect(throws: TransferError.self) { try result.get() }
        #expect(server.requests.isEmpty)
    }

    @Test("streams a body piece by piece, and the server waits while the receiver works")
    func backPressure() async throws {
        let bytes = content(64 << 20)
        let sent = Box()
        let server = try ScriptedServer { _, wire in
            wire.answer(200, [:], [], length: bytes.count)
            for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                guard wire.send(bytes[start..<start + 1 << 20]) else { return }
                sent.count.add(1, ordering: .relaxed)
            }
        }
        let received = Mutex<[UInt8]>([])
        let bench = try Bench()
        let response = try await bench.engine.stream(
            TransferRequest(
                url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]), maximumBytes: .max)
        ) { piece in
            let before = received.withLock { received in
                received += piece
                return received.count
            }
            // Queue, receive buffer and the kernel's sockets hold some MiB, never the whole.
            #expect(sent.count.load(ordering: .relaxed) << 20 - before < 32 << 20)
        }
        #expect(response.status == 200 && response.body.isEmpty)
        #expect(sha256(received.withLock { $0 }) == sha256(bytes))
    }

    @Test("that streams keeps the body of a refusal for its caller")
    func streamRefused() async throws {
        let server = try ScriptedServer { _, wire in wire.answer(401, [:], Array("who?".utf8)) }
        let response = try await Bench().engine.stream(
            TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
        ) { _ in Issue.record("a refusal is no body") }
        #expect(response.status == 401 && response.body == Array("who?".utf8))
    }

    @Test("that streams is tried again before its first byte only")
    func streamRetry() async throws {
        let server = try ScriptedServer { request, wire in
            if request.number == 0 { return wire.close() }
            wire.answer(200, [:], [1, 2, 3], length: 10)
            wire.close()
        }
        let result = await Result<TransferResponse, TransferError>.catching { () async throws(TransferError) in
            try await Bench.make().engine.stream(
                TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
            ) { _ in }
        }
        #expect(throws: TransferError.self) { try result.get() }
        #expect(server.requests.count == 2)
    }

    @Test("that streams ends when its receiver has enough, also against a silent server")
    func streamStopped() async throws {
        struct Enough: Error {}
        let server = try ScriptedServer { _, wire in
            wire.answer(200, [:], [1], length: 10)
            wire.waitForEnd()
        }
        let result = await Result<TransferResponse, TransferError>.catching { () async throws(TransferError) in
            try await Bench.make().engine.stream(
                TransferRequest(url: server.origin, access: TransferAccess(configuredOrigins: [server.origin]))
            ) { _ in throw Enough() }
        }
        guard case .failure(let error) = result else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .receiverFailed)
    }
}

/// A number that several threads count.
final class Box: Sendable {
    let count = Atomic(0)
}

/// A gzip member of stored blocks (RFC 1952, RFC 1951 3.2.4).
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    for start in stride(from: 0, to: bytes.count, by: 65_535) {
        let block = bytes[start..<min(start + 65_535, bytes.count)]
        let length = UInt32(block.count)
        result += [block.endIndex == bytes.count ? 1 : 0] + little(length, 2) + little(~length, 2) + block
    }
    var check: UInt32 = ~0
    for byte in bytes {
        check ^= UInt32(byte)
        for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xedb8_8320 : check >> 1 }
    }
    return result + little(~check, 4) + little(UInt32(bytes.count), 4)
}
