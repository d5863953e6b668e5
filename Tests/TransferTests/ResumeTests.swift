import ArtifactTypes
import TestSupport
import Testing

@testable import Transfer

@Suite("A broken download")
struct ResumeTests {
    let bytes = content(3 << 20)

    @Test(
        "goes on from where it broke, and fetches nothing twice",
        arguments: [0, 1, 1_500_000, 3 << 20 - 1], [true, false])
    func drop(at count: Int, isDigestKnown: Bool) async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            guard request.number == 0 else { return serve(bytes, to: request, wire) }
            serveBroken(bytes, after: count, to: request, wire)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(
            bench.download([server], size: bytes.count, digest: isDigestKnown ? sha256(bytes) : nil))
        #expect(outcome.sha256 == sha256(bytes) && bench.held == bytes)
        #expect(outcome.fetchedBytes == Int64(bytes.count))
        #expect(server.requests.count == 2)
        if count > 0 {
            #expect(server.requests[1].headers["range"] == "bytes=\(count)-")
            #expect(server.requests[1].headers["if-range"] == "\"v1\"")
        }
    }

    @Test("survives fifty breaks, since each attempt makes progress")
    func manyDrops() async throws {
        let bytes = content(52 << 20)
        let server = try ScriptedServer { request, wire in
            serveBroken(bytes, after: (request.number + 1) << 20, to: request, wire)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count))
        #expect(server.requests.count == 52)
    }

    @Test("whose connections are reset is given up after five attempts, and kept")
    func resets() async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            guard request.number == 0 else { return wire.reset() }
            serveBroken(bytes, after: 1_500_000, to: request, wire)
        }
        let bench = try Bench()
        let error = await bench.failure(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(error?.code == .connect)
        #expect(server.requests.count == 6)
        #expect(bench.held == Array(bytes[..<1_500_000]))
    }

    @Test("of an earlier run is hashed again from the disk, and only the rest is fetched")
    func laterRun() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try bench.folder.write(bytes[..<2_000_000], to: "x.part")
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count - 2_000_000))
    }

    @Test("whose part went bad on the disk is fetched again from its start")
    func rottenPart() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try bench.folder.write([UInt8](repeating: 7, count: 2_000_000), to: "x.part")
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && bench.held == bytes)
        #expect(server.requests.map { $0.headers["range"] } == ["bytes=2000000-", nil])
    }

    @Test("of unknown origin and without a digest is begun anew")
    func unproven() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try bench.folder.write(content(1_000_000, seed: 9), to: "x.part")
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count))
        #expect(bench.held == bytes && outcome.fetchedBytes == Int64(bytes.count))
        #expect(server.requests.map { $0.headers["range"] } == [nil])
    }

    @Test("with a strong ETag goes on in another run without a digest, with a weak one it does not")
    func validator() async throws {
        for tag in ["\"v1\"", "W/\"v1\""] {
            let server = try ScriptedServer { [bytes] request, wire in
                guard request.number == 0 else { return serve(bytes, tag: tag, to: request, wire) }
                wire.answer(200, ["ETag": tag], Array(bytes[..<1_000_000]), length: bytes.count)
                wire.close()
            }
            let bench = try Bench(attempts: 1)
            #expect(await bench.failure(bench.download([server]))?.code == .connect)
            let outcome = try await bench.fetch(bench.download([server]))
            #expect(bench.held == bytes)
            #expect(outcome.fetchedBytes == Int64(tag.hasPrefix("W") ? bytes.count : bytes.count - 1_000_000))
        }
    }

    @Test("that ended whole but unverified is proven by its last byte")
    func wholeWithoutDigest() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try await bench.fetch(bench.download([server]))
        let outcome = try await bench.fetch(bench.download([server]))
        #expect(outcome.fetchedBytes == 1 && outcome.sha256 == sha256(bytes))
        #expect(server.requests.last?.headers["if-range"] == "\"v1\"")
    }

    @Test("begins anew where the server ignores the range")
    func rangeIgnored() async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            if request.number == 0 { return serveBroken(bytes, after: 1_000_000, to: request, wire) }
            wire.answer(200, ["ETag": "\"v1\""], bytes)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count, digest: sha256(bytes)))
        #expect(outcome.verified && bench.held == bytes)
        #expect(outcome.fetchedBytes == Int64(bytes.count + 1_000_000))
    }

    @Test("begins anew where the content changed meanwhile")
    func changed() async throws {
        let fresh = content(2 << 20, seed: 5)
        let server = try ScriptedServer { [bytes] request, wire in
            if request.number == 0 { return serveBroken(bytes, after: 1_000_000, to: request, wire) }
            serve(fresh, tag: "\"v2\"", to: request, wire)
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server]))
        #expect(bench.held == fresh && outcome.sha256 == sha256(fresh) && outcome.entityTag == "\"v2\"")
    }

    @Test(
        "refuses a part that is not the one it asked for",
        arguments: [
            "bytes 0-999/3145728", "bytes 1000001-3145727/3145728", "bytes 1000000-3145727/9999999", "bytes=1-2",
            "bytes 1000000-3145728/3145728", "bytes 18446744073709551616-3/4", "",
        ])
    func wrongRange(_ contentRange: String) async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            if request.number == 0 { return serveBroken(bytes, after: 1_000_000, to: request, wire) }
            guard request.headers["range"] != nil else { return serve(bytes, to: request, wire) }
            wire.answer(206, ["Content-Range": contentRange], [UInt8](repeating: 0, count: bytes.count - 1_000_000))
        }
        let bench = try Bench()
        let outcome = try await bench.fetch(bench.download([server], size: bytes.count))
        #expect(bench.held == bytes && outcome.sha256 == sha256(bytes))
        #expect(server.requests.map { $0.headers["range"] } == [nil, "bytes=1000000-", nil])
    }

    @Test("whose part is whole is verified although the server has no more to send")
    func nothingLeft() async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try bench.folder.write(bytes, to: "x.part")
        let outcome = try await bench.fetch(bench.download([server], digest: sha256(bytes)))
        #expect(outcome.verified && outcome.fetchedBytes == 0)
        #expect(server.requests.map { $0.headers["range"] } == ["bytes=\(bytes.count)-"])
    }

    @Test("whose part is longer than the file begins anew", arguments: [true, false])
    func oversized(isSizeKnown: Bool) async throws {
        let server = try ScriptedServer { [bytes] in serve(bytes, to: $0, $1) }
        let bench = try Bench()
        try bench.folder.write(bytes + [1, 2, 3], to: "x.part")
        let outcome = try await bench.fetch(
            bench.download([server], size: isSizeKnown ? bytes.count : nil, digest: sha256(bytes)))
        #expect(outcome.verified && bench.held == bytes)
    }

    @Test("resolves its sources again where a signed URL has expired")
    func refresh() async throws {
        let server = try ScriptedServer { [bytes] request, wire in
            switch (request.path, request.number) {
            case ("/old", 0): serveBroken(bytes, after: 1_000_000, to: request, wire)
            case ("/old", _): wire.answer(403, [:], Array("<Error>expired</Error>".utf8))
            default: serve(bytes, to: request, wire)
            }
        }
        let bench = try Bench()
        var download = bench.download([server], path: "/old", size: bytes.count, digest: sha256(bytes))
        let fresh = DownloadSource(url: server.origin + "/new")
        download.refresh = { [fresh] }
        let outcome = try await bench.fetch(download)
        #expect(outcome.verified && outcome.fetchedBytes == Int64(bytes.count))
        #expect(server.requests.map(\.path) == ["/old", "/old", "/new"])
    }
}
