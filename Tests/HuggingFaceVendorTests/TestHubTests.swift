import Crypto
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("the test hub itself")
struct TestHubTests {
    private let bytes = SyntheticBytes(size: 300_000, seed: 9).bytes(in: 0..<300_000)

    private func hub() throws -> (TestHub, String) {
        let hub = try TestHub.start()
        return (hub, try hub.addRelease("data.bin", .bytes(bytes)))
    }

    @Test("ranges are served with a strong validator, and If-Range decides")
    func ranges() async throws {
        let (hub, url) = try hub()
        defer { hub.stop() }
        let whole = try await RawHTTP.send(url)
        let etag = try #require(whole.headers["etag"])
        #expect(whole.body == bytes)
        let part = try await RawHTTP.send(url, headers: ["Range": "bytes=10-19", "If-Range": etag])
        #expect(part.status == 206)
        #expect(part.headers["content-range"] == "bytes 10-19/300000")
        #expect(part.body == Array(bytes[10..<20]))
        #expect(try await RawHTTP.send(url, headers: ["Range": "bytes=-5"]).body == Array(bytes.suffix(5)))
        #expect(try await RawHTTP.send(url, headers: ["Range": "bytes=10-", "If-Range": "\"x\""]).status == 200)
        #expect(try await RawHTTP.send(url, headers: ["Range": "bytes=300000-"]).status == 416)
        #expect(try await RawHTTP.send(url, method: "HEAD").headers["content-length"] == "300000")
    }

    @Test("a drop lets exactly so many bytes through, as often as it was told")
    func drops() async throws {
        let (hub, url) = try hub()
        hub.setFault(Fault(.drop(after: 1000), times: 2), on: "/files/")
        for _ in 0..<2 {
            let answer = try await RawHTTP.send(url)
            #expect(answer.isCutShort)
            #expect(answer.body == Array(bytes[..<1000]))
        }
        #expect(try await RawHTTP.send(url).body == bytes)
        #expect(hub.requests.map(\.payloadBytes) == [1000, 1000, 300_000])
        #expect(hub.payloadBytes == 302_000)
    }

    @Test("a flipped bit, a changed validator, an ignored range and a wrong one are what they are")
    func lies() async throws {
        let (hub, url) = try hub()
        hub.setFault(Fault(.corrupt(at: 70_000), times: 1), on: "/files/")
        let damaged = try await RawHTTP.send(url).body
        let places = damaged.indices.filter { damaged[$0] != bytes[$0] }
        #expect(places == [70_000])
        hub.setFault(Fault(.etag("other"), times: 1), on: "/files/")
        #expect(try await RawHTTP.send(url).headers["etag"] == "\"other\"")
        let range = ["Range": "bytes=5-9"]
        hub.setFault(Fault(.ignoreRange, times: 1), on: "/files/")
        #expect(try await RawHTTP.send(url, headers: range).status == 200)
        hub.setFault(Fault(.wrongContentRange(by: 3), times: 1), on: "/files/")
        #expect(try await RawHTTP.send(url, headers: range).headers["content-range"] == "bytes 8-12/300000")
        hub.setFault(Fault(.shorter(by: 1), times: 1), on: "/files/")
        #expect(try await RawHTTP.send(url).isCutShort)
        hub.setFault(Fault(.longer(by: 5), times: 1), on: "/files/")
        #expect(try await RawHTTP.send(url).body.count == 300_005)
        hub.setFault(.status(503, retryAfter: "2", times: 1), on: "/files/")
        let busy = try await RawHTTP.send(url)
        #expect(busy.status == 503)
        #expect(busy.headers["retry-after"] == "2")
        #expect(try await RawHTTP.send(url).body == bytes)
    }

    @Test("a stalled answer waits until it is released")
    func stalls() async throws {
        let (hub, url) = try hub()
        hub.setFault(Fault(.stall(after: 100)), on: "/files/")
        async let answer = RawHTTP.send(url)
        let stalled = try await hub.request { $0.isStalled }
        #expect(stalled.payloadBytes == 100)
        hub.releaseStalls()
        #expect(try await answer.body == bytes)
    }

    @Test("a fault with odds strikes as its seed says, the same in each run")
    func odds() async throws {
        func outcomes() async throws -> [Int] {
            let (hub, url) = try hub()
            var fault = Fault.status(500)
            fault.probability = 0.5
            hub.setFault(fault, on: "/files/")
            var statuses: [Int] = []
            for _ in 0..<30 { statuses.append(try await RawHTTP.send(url, method: "HEAD").status) }
            return statuses
        }
        let first = try await outcomes()
        #expect(Set(first) == [200, 500])
        #expect(try await outcomes() == first)
    }

    @Test("faults at places that the seed picks break and change answers, the same in each run")
    func anywhere() async throws {
        func outcomes() async throws -> [Int] {
            let (hub, url) = try hub()
            hub.setFault(Fault(.dropAnywhere, probability: 0.3), on: "/files/")
            hub.setFault(Fault(.corruptAnywhere, probability: 0.3), on: "/files/")
            var places: [Int] = []
            for _ in 0..<20 {
                let body = try await RawHTTP.send(url).body
                places.append(body.count)
                places += body.indices.filter { body[$0] != bytes[$0] }
            }
            return places
        }
        let first = try await outcomes()
        #expect(first.contains(bytes.count))
        #expect(Set(first).count > 5)
        #expect(try await outcomes() == first)
    }

    @Test("the CDN wants its signature and no token")
    func cdn() async throws {
        let hub = try TestHub.start()
        try hub.addModel("a/b", files: [TestFile("m.gguf", .synthetic(size: 200_000, seed: 3))])
        let answer = try await RawHTTP.send("\(hub.hub)/a/b/resolve/main/m.gguf")
        let location = try #require(answer.headers["location"])
        #expect(location.hasPrefix(hub.cdn))
        let expected = SyntheticBytes(size: 200_000, seed: 3).bytes(in: 0..<200_000)
        #expect(try await RawHTTP.send(location).body == expected)
        #expect(try await RawHTTP.send(location, headers: ["Authorization": "Bearer x"]).status == 400)
        let unsigned = String(location.prefix { $0 != "?" })
        #expect(try await RawHTTP.send(unsigned).status == 403)
        let part = try await RawHTTP.send(location, headers: ["Range": "bytes=65530-65550"])
        #expect(part.body == Array(expected[65530...65550]))
        #expect(answer.headers["x-linked-etag"] == "\"\(hexadecimal(SHA256.hash(data: expected)))\"")
    }

    private func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
        digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("a folder becomes models, files and repositories, and faults can be set over the wire")
    func folder() async throws {
        let folder = try TemporaryDirectory()
        try folder.write(GGUFWriter().bytes(), to: "models/a/b/m-Q4_K_M.gguf")
        try folder.write(Array("hello".utf8), to: "files/sub/r.txt")
        let hub = try TestHub.start()
        try hub.addFolder(folder.path)
        #expect(try await RawHTTP.send("\(hub.hub)/files/sub/r.txt").body == Array("hello".utf8))
        #expect(try await RawHTTP.send("\(hub.hub)/a/b/resolve/main/m-Q4_K_M.gguf").status == 302)
        let index = String(decoding: try await RawHTTP.send("\(hub.hub)/example/index.json").body, as: UTF8.self)
        #expect(index.contains("\"a/b\"") && index.contains("m-Q4_K_M.gguf"))
        let fault = "{\"prefix\":\"/files/\",\"kind\":\"status\",\"status\":503,\"times\":1}"
        #expect(
            try await RawHTTP.send("\(hub.hub)/_admin/fault", method: "POST", body: Array(fault.utf8)).status == 200)
        #expect(try await RawHTTP.send("\(hub.hub)/files/sub/r.txt").status == 503)
        #expect(try await RawHTTP.send("\(hub.hub)/_admin/fault", method: "POST", body: Array("{}".utf8)).status == 400)
    }

    @Test("git clones over smart HTTP, shallow and behind a password")
    func git() async throws {
        let folder = try TemporaryDirectory()
        let source = folder.path.appending("source")
        try run(["init", "-q", "-b", "main", source.string])
        try folder.write(Array(repeating: 65, count: 200_000), to: "source/a.txt")
        try run(["-C", source.string, "add", "."])
        try run(["-C", source.string, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "one"])
        let hub = try TestHub.start()
        let open = hub.addGit("open", repository: source)
        let closed = hub.addGit("closed", repository: source, user: "bot", password: "word")
        try run(["clone", "-q", "--depth", "1", open, folder.path.appending("one").string])
        let withPassword = closed.replacing("http://", with: "http://bot:word@")
        try run(["clone", "-q", withPassword, folder.path.appending("two").string])
        #expect(throws: (any Error).self) { try run(["clone", "-q", closed, folder.path.appending("three").string]) }
        for name in ["one", "two"] {
            #expect(
                FileManager.default.contents(atPath: folder.path.appending("\(name)/a.txt").string)?.count == 200_000)
        }
        #expect(hub.requests.contains { $0.headers["git-protocol"] == "version=2" && $0.method == "POST" })
    }

    private struct Failed: Error {}

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin", "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }
}
