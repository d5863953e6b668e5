import ArtifactTypes
import Crypto
import Synchronization
import TestSupport
import Testing

@testable import Transfer

@Suite("A download")
struct DownloadTests {
    let bytes = content(3 << 20)

    @Test("arrives whole, hashed and verified, in one request")
    func whole() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(
            bench.download([server], path: "/file?secret=1", size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.sha256 == sha256(bytes))
        #expect(outcome.size == Int64(bytes.count) && outcome.fetchedBytes == outcome.size)
        #expect(outcome.entityTag == "\"v1\"" && outcome.finalURL == server.origin + "/file")
        #expect(bench.held == bytes)
        #expect(server.requests.count == 1)
        #expect(server.requests[0].headers["accept-encoding"] == "identity")
        #expect(server.requests[0].headers["range"] == nil)
    }

    @Test("is asked for without a request where the disk holds it already")
    func present() async throws {
        let server = try ScriptedServer { _, wire in wire.close() }
        let bench = try Bench()
        try bench.folder.write(bytes, to: "x.part")
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == 0 && outcome.finalURL == nil)
        #expect(server.requests.isEmpty)
    }

    @Test("without any published size or digest is whole, hashed and unverified", arguments: [true, false])
    func unpublished(isChunked: Bool) async throws {
        let server = try ScriptedServer { [bytes] _, wire in
            guard isChunked else { return wire.answer(200, [:], bytes) }
            wire.answer(200, ["Transfer-Encoding": "chunked"])
            let size = String(bytes.count, radix: 16)
            wire.send(Array("\(size)\r\n".utf8) + bytes + Array("\r\n0\r\n\r\n".utf8))
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server]))
        #expect(!outcome.verified && outcome.sha256 == sha256(bytes))
        #expect(bench.held == bytes)
    }

    @Test("of nothing is whole too")
    func empty() async throws {
        let server = try ScriptedServer { serve([], to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: 0))
        #expect(outcome.size == 0 && outcome.sha256 == sha256([]))
    }

    @Test("matches each kind of digest", arguments: ArtifactTypes.Digest.Algorithm.allCases, [true, false])
    func digestKinds(algorithm: ArtifactTypes.Digest.Algorithm, isSizeKnown: Bool) async throws {
        let bytes = content(700_000)
        let digest: ArtifactTypes.Digest? =
            switch algorithm {
            case .sha256: sha256(bytes)
            case .sha512: ArtifactTypes.Digest(.sha512, bytes: SHA512.hash(data: bytes))
            case .gitSHA1:
                ArtifactTypes.Digest(
                    .gitSHA1, bytes: Insecure.SHA1.hash(data: Array("blob \(bytes.count)\0".utf8) + bytes))
            }
        let server = try ScriptedServer { serve(bytes, to: $0, $1) }
        let bench = try Bench()
        let outcome = try await bench.fetch(
            bench.download([server], size: isSizeKnown ? bytes.count : nil, digest: digest))
        #expect(outcome.verified && outcome.sha256 == sha256(bytes))
    }

    @Test("is told of as it grows, to its end")
    func progress() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        let seen = Mutex<[Int64]>([])
        let total = Int64(bytes.count)
        _ = try await bench.engine.download(bench.download([server], size: bytes.count)) { received, size in
            #expect(size == total)
            seen.withLock { $0.append(received) }
        }
        let steps = seen.withLock { $0 }
        #expect(steps.last == total && steps == steps.sorted())
    }

    @Test("that was corrupted is fetched once more, and kept if it is right then")
    func corruptedOnce() async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            var sent = bytes
            if request.number == 0 { sent[1_000_000] ^= 1 }
            serve(sent, to: request, wire)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && bench.held == bytes)
        #expect(server.requests.map { $0.headers["range"] } == [nil, nil])
    }

    @Test("that stays corrupted fails after one refetch and leaves nothing")
    func corruptedAlways() async throws {
        let server = try ScriptedServer { [bytes] in serve(Array(bytes.reversed()), to: $0, $1) }
        let bench = try Bench()
        let error = await bench.failure(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(error?.code == .digestMismatch)
        #expect(server.requests.count == 2)
        #expect(bench.held == nil && contents(of: bench.journal) == nil)
    }

    @Test("that is refused leaves no byte of the refusal in the file", arguments: [403, 404, 410, 500, 302])
    func refusalBody(status: Int) async throws {
        let server = try ScriptedServer { _, wire in
            wire.answer(status, [:], Array("<Error>AccessDenied</Error>".utf8))
        }
        let bench = try Bench(attempts: 2)
        let error = await bench.failure(bench.download([server]))
        #expect(error?.code == .status(status))
        #expect(bench.held == [])
    }

    @Test("longer than declared stops right behind its size", arguments: [true, false])
    func tooLong(isChunked: Bool) async throws {
        let server = try ScriptedServer { [bytes] _, wire in
            if isChunked {
                wire.answer(200, ["Transfer-Encoding": "chunked"])
                while wire.send(Array("100000\r\n".utf8) + bytes[..<0x100000] + Array("\r\n".utf8)) {}
            } else {
                wire.answer(200, [:], bytes)
            }
        }
        let bench = try Bench()
        let error = await bench.failure(bench.download([server], size: 1 << 20))
        #expect(error?.code == .sizeMismatch)
        #expect(bench.held == [])
    }

    @Test("of unknown size stops at its limit")
    func overLimit() async throws {
        let server = try ScriptedServer { [bytes] _, wire in
            wire.answer(200, ["Transfer-Encoding": "chunked"])
            while wire.send(Array("100000\r\n".utf8) + bytes[..<0x100000] + Array("\r\n".utf8)) {}
        }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server], limit: 2 << 20))?.code == .tooLarge)
    }

    @Test("that a server compressed unasked is refused")
    func encoded() async throws {
        let server = try ScriptedServer { [bytes] _, wire in wire.answer(200, ["Content-Encoding": "gzip"], bytes) }
        let bench = try Bench()
        #expect(await bench.failure(bench.download([server]))?.code == .protocolViolation)
        #expect(bench.held == [])
    }

    @Test("larger than the disk fails before the first request")
    func noSpace() async throws {
        let server = try ScriptedServer { _, wire in wire.close() }
        let bench = try Bench()
        let error = await bench.failure(bench.download([server], size: 1 << 60))
        guard case .insufficientSpace(let needed, let free) = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(needed == 1 << 60 && free > 0)
        #expect(server.requests.isEmpty)
    }
}
