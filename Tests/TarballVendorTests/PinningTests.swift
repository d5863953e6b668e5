import ArtifactTypes
import Provisioning
import Synchronization
import TestHub
import Testing
import Transfer

@Suite("Pinning without a digest")
struct PinningTests {
    private static let url = "https://host.example/x.tar.gz"

    @Test(
        "what a server says of the file pins it",
        arguments: [
            (["etag": "\"abc-1\"", "content-length": "7"], "etag:abc-1", 7),
            (["etag": "W/\"abc\""], "etag:W-abc", nil),
            (["etag": "\"a b\u{E9}\u{7}\"", "content-length": "-1"], "etag:a-b%C3%A9%07", nil),
            (
                ["last-modified": "Tue, 24 Nov 2026 22:00:00 GMT", "content-length": "9"],
                "modified:Tue--24-Nov-2026-22:00:00-GMT+9", 9
            ),
            (["etag": "\"abc\"", "content-length": "7", "content-encoding": "gzip"], "etag:abc", nil),
        ] as [([String: String], String, Int64?)])
    func pinned(headers: [String: String], revision: String, size: Int64?) async throws {
        let asked = Asked()
        let releases = Releases(http: .canned(["HEAD": .answer(200, headers), "GET": .answer(404)], asked))
        let resolution = try await releases.resolve(Self.url, ["mirrors": .list([.string("https://mirror.example")])])
        #expect(resolution.revision == revision)
        #expect(resolution.metadata.unverified)
        #expect(resolution.files.first?.size == size)
        #expect(resolution.files.first?.digest == nil)
        #expect(resolution.files.first?.sources.map(\.url) == [Self.url])
        // What follows asks for checksums beside it.
        #expect(asked.methods == ["HEAD", "GET", "GET", "GET"])
    }

    @Test("where HEAD is refused the first byte is asked for", arguments: [400, 403, 405, 501])
    func firstByte(status: Int) async throws {
        let asked = Asked()
        let ranged = HTTPResponse.answer(206, ["etag": "\"e\"", "content-range": "bytes 0-0/12345"])
        let releases = Releases(http: .canned(["HEAD": .answer(status), "GET": ranged], asked))
        let resolution = try await releases.resolve(Self.url)
        #expect(resolution.revision == "etag:e")
        #expect(resolution.files.first?.size == 12345)
        #expect(asked.methods.prefix(2) == ["HEAD", "GET"])
        #expect(asked.requests.withLock { $0[1].headers["Range"] } == "bytes=0-0")
    }

    @Test(
        "an answer that is no file is what it is, and its URL is told without its query",
        arguments: [
            (404, ProvisionError.Code.notFound), (410, .notFound), (401, .unauthorized), (403, .unauthorized),
            (429, .rateLimited(retryAfter: 7)), (503, .rateLimited(retryAfter: 7)), (500, .unavailable),
            (304, .unavailable), (200, .unsupported),
        ])
    func failures(status: Int, code: ProvisionError.Code) async throws {
        // With 403 it would say that an account's requests are spent.
        let answer = HTTPResponse.answer(status, status == 403 ? [:] : ["retry-after": "7"])
        let releases = Releases(http: .canned(["HEAD": answer, "GET": answer], Asked()))
        let error = await #expect(throws: ProvisionError.self) {
            try await releases.resolve("\(Self.url)?sig=canary")
        }
        #expect(error?.code == code)
        #expect(error?.description.contains("host.example") == true)
        #expect(error?.description.contains("canary") == false)
    }

    @Test("offline nothing is asked: what is stored is the answer")
    func offline() async throws {
        let asked = Asked()
        let releases = Releases(http: .canned(["HEAD": .answer(200, ["etag": "\"e\""]), "GET": .answer(404)], asked))
        let error = await #expect(throws: ProvisionError.self) {
            try await releases.resolve(Self.url, offline: true)
        }
        #expect(error?.code == .offline)
        #expect(asked.count == 0)
        let known = try await releases.resolve(Self.url)
        #expect(try await releases.resolve(Self.url, offline: true, known: known) == known)
        #expect(asked.count == 4)
    }

    @Test("a real server's file is pinned by one HEAD, and by a range where HEAD is refused")
    func realServer() async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let body = [UInt8](repeating: 7, count: 300_000)
        let url = try hub.addRelease("tool-1.0.tar.gz", .bytes(body))
        let releases = Releases(http: .engine(engine))
        let first = try await releases.resolve(url)
        #expect(first.revision.hasPrefix("etag:"))
        #expect(first.files.first?.size == 300_000)
        #expect(hub.requests.filter { hub.hub + $0.path == url }.map(\.method) == ["HEAD"])

        hub.setFault(
            Fault(.answer(status: 405, headers: [:], body: []), method: "HEAD"), on: "/files/")
        let second = try await releases.resolve(url)
        #expect(second == first)
        let looks = hub.requests.filter { hub.hub + $0.path == url }
        #expect(looks.map(\.method) == ["HEAD", "HEAD", "GET"])
        #expect(looks.last?.status == 206)
        // The one byte, and six answers that there are no checksums.
        #expect(hub.payloadBytes < 1000)
    }
}
