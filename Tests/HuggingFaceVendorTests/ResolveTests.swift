import ArtifactTypes
import Crypto
import Foundation
import HuggingFaceVendor
import Logging
import Provisioning
import Synchronization
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

    @Test("a branch, a tag, a pull request and a commit are found, each pinned")
    func revisions() async throws {
        let world = try HubWorld()
        let other = try world.hub.addModel(
            "ggml-org/tiny", files: [TestFile("x.txt", text: "x")], branch: "refs/pr/1")
        world.hub.addTag("v1.0", of: "ggml-org/tiny", commit: world.commit)
        let proposed = try await world.resolve("ggml-org/tiny@refs/pr/1:x.txt")
        #expect(proposed.revision == other)
        #expect(proposed.reference.description == "hf:ggml-org/tiny@refs/pr/1:x.txt")
        #expect(try await world.resolve("ggml-org/tiny@v1.0").revision == world.commit)
        #expect(try await world.resolve("ggml-org/tiny@\(world.commit)").revision == world.commit)
        #expect(try await world.failure("ggml-org/tiny@nowhere").code == .revisionNotFound)
    }

    @Test("a renamed model keeps the name that was asked for, is fetched under its new one, and the rename is said")
    func renamed() async throws {
        let world = try HubWorld()
        world.hub.renameModel("ggml-org/tiny", to: "ggml-org/small")
        let notices = Mutex<[String]>([])
        let sink = ProgressSink { event in
            if case .notice(let text) = event { notices.withLock { $0.append(text) } }
        }
        let resolution = try await world.resolve("hf:ggml-org/tiny@main", progress: sink)
        #expect(resolution.reference.description == "hf:ggml-org/tiny@main")
        #expect(resolution.revision == world.commit)
        #expect(resolution.files[0].sources[0].url.contains("/ggml-org/small/resolve/"))
        #expect(notices.withLock { $0 } == ["ggml-org/tiny is ggml-org/small by now at \(world.hub.hub)"])
        let again = try await world.resolve("hf:ggml-org/tiny@main", known: resolution)
        #expect(again == resolution)
    }

    @Test("an API that sends questions on to another origin is not believed")
    func otherOrigin() async throws {
        let world = try HubWorld(TestHubOptions(token: "hf_secret"))
        let other = try HubWorld()
        world.hub.setFault(
            .redirect(to: "\(other.hub.hub)/api/models/ggml-org/tiny/revision/main", status: 307), on: "/api/")
        let error = try await world.failure()
        #expect(error.code == .untrusted)
        #expect(error.message.contains(other.hub.hub))
    }

    @Test("what is gated, private or absent says so, with the hub's own words and what to do")
    func refusals() async throws {
        var world = try HubWorld(
            TestHubOptions(token: "hf_secret"), traits: ModelTraits(gate: .manual, isGranted: false))
        let closed = try await world.failure()
        #expect(closed.code == .gated)
        #expect(closed.message.contains("must have access to it"))
        #expect(closed.remedy == "accept the terms at \(world.hub.hub)/ggml-org/tiny and set HF_TOKEN")
        try world.hub.addModel("org/hidden", files: [TestFile("a", text: "a")], traits: ModelTraits(isPrivate: true))
        let hidden = try await world.failure("org/hidden")
        #expect(hidden.code == .notFound)
        #expect(hidden.remedy == "or it is private: set HF_TOKEN")

        world.environment["HF_TOKEN"] = "hf_secret"
        let refused = try await world.failure()
        #expect(refused.code == .gated)
        #expect(refused.message.contains("not in the authorized list"))
        #expect(refused.remedy?.contains("with the account of your token") == true)
        #expect(try await world.resolve("org/hidden").files.count == 1)
        #expect(try await world.failure("org/absent").code == .notFound)
        world.environment["HF_TOKEN"] = "hf_wrong"
        #expect(try await world.failure("org/hidden").code == .unauthorized)
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
