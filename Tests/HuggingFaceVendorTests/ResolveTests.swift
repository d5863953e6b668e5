import ArtifactTypes
import Crypto
import Foundation
import HuggingFaceVendor
import Logging
import Provisioning
import TestHub
import TestSupport
import Testing

@Suite("resolving a model at the hub")
struct ResolveTests {
    @Test("a reference becomes a commit, and files with sizes, digests and pinned sources")
    func whole() async throws {
        let world = try HubWorld()
        let resolution = try await world.resolve("hf:ggml-org/tiny:Q4_K_M")
        #expect(resolution.revision == world.commit)
        #expect(resolution.reference.description == "hf:ggml-org/tiny:Q4_K_M")
        #expect(resolution.vendor == "hf")
        #expect(resolution.metadata.license == "mit")
        #expect(resolution.metadata.tags == ["gguf", "license:mit"])
        #expect(resolution.metadata.unverified == false)
        guard case .files(let files, listing: .repository) = resolution.payload else {
            Issue.record("not a listing")
            return
        }
        #expect(files.map(\.path.string) == ["README.md", "config.json", "sub/tiny-Q4_K_M.gguf"])
        let sizes: [Int64?] = [7, 2, Int64(HubWorld.gguf.count)]
        #expect(files.map(\.size) == sizes)
        let digest = SHA256.hash(data: HubWorld.gguf)
        #expect(files[2].digest == Digest(.sha256, bytes: digest))
        // What `git hash-object` says of "{}".
        #expect(files[1].digest == Digest("git-sha1:9e26dfeeb6e641a33dae4961196235bdb965b21b"))
        #expect(
            files[2].sources.map(\.url) == [
                "\(world.hub.hub)/ggml-org/tiny/resolve/\(world.commit)/sub/tiny-Q4_K_M.gguf"
            ])
        #expect(world.hub.requests.count == 2)
    }

    @Test("what the sources give is what the digests say")
    func sources() async throws {
        let world = try HubWorld()
        for file in try await world.resolve().files {
            let answer = try await HTTPService.raw.send(HTTPRequest(url: try #require(file.sources.first).url))
            #expect(answer.status == 200)
            #expect(Int64(answer.body.count) == file.size)
            if file.digest?.algorithm == .sha256 {
                #expect(answer.url.hasPrefix(world.hub.cdn))
                #expect(file.digest == Digest(.sha256, bytes: SHA256.hash(data: answer.body)))
            }
        }
    }

    @Test("a listing in many pages is read to its end")
    func pages() async throws {
        let world = try HubWorld(TestHubOptions(pageSize: 7))
        try world.hub.addModel("big/one", files: (0..<100).map { TestFile("part-\($0)/data.txt", text: "\($0)") })
        let resolution = try await world.resolve("big/one")
        #expect(resolution.files.count == 100)
        // One for the commit, and 200 files and folders by seven.
        #expect(world.hub.requests.count == 30)
    }

    @Test("an unchanged commit that is known costs one request, and its secret headers are made anew")
    func known() async throws {
        var world = try HubWorld(TestHubOptions(token: "hf_secret"))
        world.environment["HF_TOKEN"] = "hf_secret"
        let first = try await world.resolve()
        let encoded = try JSONEncoder().encode(first)
        let stored = try JSONDecoder().decode(Resolution.self, from: encoded)
        #expect(stored.files[0].sources[0].headers.isEmpty)
        world.hub.forgetRequests()
        let second = try await world.resolve(known: stored)
        #expect(second == first)
        #expect(world.hub.requests.count == 1)
        let moved = try world.hub.addModel("ggml-org/tiny", files: [TestFile("README.md", text: "new")])
        #expect(try await world.resolve(known: stored).revision == moved)
    }

    @Test("a branch, a tag-like name and a commit are found, each pinned")
    func revisions() async throws {
        let world = try HubWorld()
        let other = try world.hub.addModel(
            "ggml-org/tiny", files: [TestFile("x.txt", text: "x")], branch: "refs/pr/1")
        #expect(try await world.resolve("ggml-org/tiny@refs/pr/1").revision == other)
        #expect(try await world.resolve("ggml-org/tiny@\(world.commit)").revision == world.commit)
        #expect(try await world.failure("ggml-org/tiny@nowhere").code == .revisionNotFound)
    }

    @Test("a renamed model resolves under its new name")
    func renamed() async throws {
        let world = try HubWorld()
        world.hub.renameModel("ggml-org/tiny", to: "ggml-org/small")
        let resolution = try await world.resolve("hf:ggml-org/tiny@main")
        #expect(resolution.reference.description == "hf:ggml-org/small@main")
        #expect(resolution.files[0].sources[0].url.contains("/ggml-org/small/resolve/"))
    }

    @Test("offline gives what is known without a request, else says so")
    func offline() async throws {
        let world = try HubWorld()
        let known = try await world.resolve()
        world.hub.forgetRequests()
        #expect(try await world.resolve(offline: true, known: known) == known)
        let error = try await #require(throws: ProvisionError.self) { try await world.resolve(offline: true) }
        #expect(error.code == .offline)
        #expect(world.hub.requests.isEmpty)
    }

    @Test(
        "names that break the hub's rules are refused without a request",
        arguments: [
            "name", "a/b/c", "org/na--me", "org/.name", "org/name-", "org/n%2e", "org/ñ",
            "org/" + String(repeating: "a", count: 97),
        ])
    func names(_ locator: String) async throws {
        let world = try HubWorld()
        let provisioner = try world.provisioner()
        let reference = ArtifactReference(vendor: "hf", locator: locator)
        let error = try await #require(throws: ProvisionError.self) {
            try await provisioner.resolve(
                reference, in: ProvisionContext(job: "1", kind: .model, logger: .init(label: "test")))
        }
        #expect(error.code == .invalid)
        #expect(world.hub.requests.isEmpty)
    }

    @Test("the built-in instance alone takes bare references")
    func forms() throws {
        let world = try HubWorld()
        let bare = try ArtifactReference(parsing: "org/name")
        let corp = try ArtifactReference(parsing: "corp:org/name")
        #expect(try world.provisioner().forms.contains { $0.matches(bare) })
        #expect(try world.provisioner(name: "corp").forms.allSatisfy { !$0.matches(bare) })
        #expect(try world.provisioner(name: "corp").forms.contains { $0.matches(corp) })
        #expect(try world.provisioner().access.configuredOrigins == [world.hub.hub])
    }
}
