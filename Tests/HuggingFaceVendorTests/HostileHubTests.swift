import ArtifactTypes
import HuggingFaceVendor
import Provisioning
import TestHub
import TestSupport
import Testing

@Suite("a hub that is down, odd or hostile")
struct HostileHubTests {
    private static let tree = "/api/models/ggml-org/tiny/tree"
    private static let model = "/api/models/ggml-org/tiny/revision"

    @Test(
        "one hostile name refuses the whole listing",
        arguments: [
            "../../x", "/etc/x", "..\\x", "C:\\x", "C:x", "a\u{0}b", "a\nb", "a/../b", "a//b", "./a", "a/.", "",
            "a\u{202E}b",
            String(repeating: "n", count: 256), "a\u{1B}[2Jb",
        ])
    func hostileNames(_ path: String) async throws {
        let world = try HubWorld()
        try world.hub.addModel("ggml-org/tiny", files: [TestFile("good.txt", text: "x"), TestFile(path, text: "x")])
        let error = try await world.failure()
        #expect(error.code == .unsafeContent)
        #expect(!error.description.contains("\u{1B}") && !error.description.contains("\u{202E}"))
    }

    @Test("a name that is listed twice, or is a file and a folder, refuses the listing")
    func collisions() async throws {
        let world = try HubWorld()
        for names in [["a", "a"], ["a", "a/b"], ["a/b/c", "a/b"]] {
            try world.hub.addModel("ggml-org/tiny", files: names.map { TestFile($0, text: "x") })
            #expect(try await world.failure().code == .unsafeContent)
        }
    }

    private static func entry(_ members: String) -> String {
        "[{\"type\":\"file\",\"path\":\"x\",\"oid\":\"\(String(repeating: "a", count: 40))\",\(members)}]"
    }

    @Test(
        "JSON that is none of the hub's is a typed error",
        arguments: [
            "", "<html>login</html>", "{}", "[1]", "[{\"type\":\"file\"}]", String(repeating: "[", count: 100_000),
            entry("\"size\":-1"), entry("\"size\":9223372036854775808"), entry("\"size\":1e999"),
            entry("\"size\":\"1\""),
            entry("\"size\":1,\"lfs\":{\"oid\":\"sha256:../../x\",\"size\":1}"),
            entry("\"size\":1,\"lfs\":{\"oid\":\"AB\",\"size\":1}"),
            entry("\"size\":1,\"lfs\":{\"oid\":\"\(String(repeating: "A", count: 64))\",\"size\":1}"),
            "[{\"type\":\"file\",\"path\":\"x\",\"size\":1}]",
            "[" + String(entry("\"size\":9223372036854775807").dropFirst().dropLast()) + ","
                + "{\"type\":\"file\",\"path\":\"y\",\"oid\":\"\(String(repeating: "a", count: 40))\",\"size\":9223372036854775807}]",
        ])
    func oddListings(_ json: String) async throws {
        let world = try HubWorld()
        world.hub.setFault(Fault(.answer(status: 200, headers: [:], body: Array(json.utf8))), on: Self.tree)
        #expect(try await world.failure().code == .unavailable)
    }

    @Test("bytes that are no UTF-8 are a typed error")
    func invalidUTF8() async throws {
        let world = try HubWorld()
        let bytes = Array("[{\"type\":\"file\",\"path\":\"".utf8) + [0xFF, 0xC0] + Array("\",\"size\":1}]".utf8)
        world.hub.setFault(Fault(.answer(status: 200, headers: [:], body: bytes)), on: Self.tree)
        #expect(try await world.failure().code == .unavailable)
    }

    @Test(
        "a commit that is none is a typed error", arguments: ["", "main", "../../x", String(repeating: "A", count: 40)])
    func oddCommits(_ sha: String) async throws {
        let world = try HubWorld()
        let body = Array("{\"sha\":\"\(sha)\"}".utf8)
        world.hub.setFault(Fault(.answer(status: 200, headers: [:], body: body)), on: Self.model)
        #expect(try await world.failure().code == .unavailable)
    }

    @Test("a listing that goes on at another origin or at itself is not followed")
    func links() async throws {
        let world = try HubWorld(TestHubOptions(token: "hf_secret"))
        let other = try TestHub.start()
        let empty = Array("[]".utf8)
        let link = "<\(other.hub)/api/models/ggml-org/tiny/tree/x?cursor=1>; rel=\"next\""
        world.hub.setFault(Fault(.answer(status: 200, headers: ["Link": link], body: empty)), on: Self.tree)
        #expect(try await world.failure().code == .untrusted)
        #expect(other.requests.isEmpty)
        world.hub.clearFaults()
        let loop = "<\(Self.tree)/\(world.commit)?recursive=true&cursor=9>; rel=\"next\""
        world.hub.setFault(Fault(.answer(status: 200, headers: ["Link": loop], body: empty)), on: Self.tree)
        #expect(try await world.failure().code == .unavailable)
        #expect(world.hub.requests.count < 10)
    }

    @Test("a listing of more pages than any repository has is given up")
    func pages() async throws {
        let world = try HubWorld(TestHubOptions(pageSize: 1))
        try world.hub.addModel("ggml-org/tiny", files: (0..<1100).map { TestFile("\($0).txt", text: "x") })
        #expect(try await world.failure().code == .unavailable)
        #expect(world.hub.requests.count == 1001)
    }

    @Test("limits and failures of the server keep their meaning")
    func statuses() async throws {
        let world = try HubWorld()
        world.hub.setFault(.status(429, retryAfter: "7", times: 1), on: Self.model)
        #expect(try await world.failure().code == .rateLimited(retryAfter: 7))
        let limit = ["ratelimit": "\"api\";r=0;t=55"]
        world.hub.setFault(Fault(.answer(status: 429, headers: limit, body: []), times: 1), on: Self.model)
        #expect(try await world.failure().code == .rateLimited(retryAfter: 55))
        world.hub.setFault(.status(503, times: 1), on: Self.model)
        #expect(try await world.failure().code == .unavailable)
        #expect(try await world.resolve().revision == world.commit)
    }

    @Test("while the endpoint is down a mirror stands in, is named, and leaves the branch unverified")
    func mirrors() async throws {
        let world = try HubWorld()
        let down = try TestHub.start()
        let stale = try TestHub.start()
        down.stop()
        let options: [String: VendorOptions.Value] = [
            "endpoint": .string(down.hub), "mirrors": .list([.string(stale.hub), .string(world.hub.hub)]),
        ]
        let provisioner = try world.provisioner(name: "corp", options: options)
        let resolution = try await world.resolve("corp:ggml-org/tiny", with: provisioner)
        #expect(resolution.revision == world.commit)
        #expect(resolution.metadata.skipped.map(\.url) == [down.hub, stale.hub])
        #expect(resolution.metadata.unverified)
        #expect(resolution.files[0].sources.count == 3)
        let pinned = try await world.resolve("corp:ggml-org/tiny@\(world.commit)", with: provisioner)
        #expect(!pinned.metadata.unverified)
    }

    @Test("an endpoint that answers is not overruled by a mirror")
    func primaryDecides() async throws {
        let world = try HubWorld()
        let empty = try TestHub.start()
        let options: [String: VendorOptions.Value] = [
            "endpoint": .string(empty.hub), "mirrors": .list([.string(world.hub.hub)]),
        ]
        let provisioner = try world.provisioner(name: "corp", options: options)
        #expect(try await world.failure("corp:ggml-org/tiny", with: provisioner).code == .notFound)
        #expect(world.hub.requests.isEmpty)
    }
}
