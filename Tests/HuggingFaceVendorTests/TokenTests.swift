import ArtifactTypes
import HuggingFaceVendor
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("tokens and access")
struct TokenTests {
    private let options = TestHubOptions(token: "hf_secret")

    @Test("HF_TOKEN opens a private model, and goes to the endpoint's sources alone")
    func token() async throws {
        var world = try HubWorld(options, traits: ModelTraits(isPrivate: true))
        world.environment["HF_TOKEN"] = "hf_secret\n"
        let mirror = try TestHub.start()
        let provisioner = try world.provisioner(options: ["mirrors": .list([.string(mirror.hub)])])
        let file = try #require(try await world.resolve(with: provisioner).files.first)
        #expect(file.sources.map { $0.url.hasPrefix(mirror.hub) } == [true, false])
        #expect(file.sources[0].headers.isEmpty)
        #expect(file.sources[1].headers["Authorization"] == Secret("Bearer hf_secret"))
        #expect(world.hub.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
        #expect(mirror.requests.isEmpty)
    }

    @Test("a mirror has a token of its own")
    func mirrorToken() async throws {
        var world = try HubWorld(options)
        world.environment["HF_TOKEN"] = "hf_secret"
        world.environment["MIRROR"] = "other"
        let mirror = VendorOptions(["url": .string("https://mirror.example"), "token": .secret(.environment("MIRROR"))])
        let provisioner = try world.provisioner(options: ["mirrors": .list([.table(mirror)])])
        let sources = try #require(try await world.resolve(with: provisioner).files.first).sources
        #expect(sources.map { $0.headers["Authorization"] } == [Secret("Bearer other"), Secret("Bearer hf_secret")])
    }

    @Test("HF_TOKEN belongs to no other instance, and to no endpoint that a file puts in the hub's place")
    func otherInstances() async throws {
        var world = try HubWorld(options)
        world.environment["HF_TOKEN"] = "hf_secret"
        let endpoint: [String: VendorOptions.Value] = ["endpoint": .string(world.hub.hub)]
        for name in ["corp", "hf"] {
            let provisioner = try world.provisioner(name: name, options: endpoint)
            #expect(try await world.resolve("\(name):ggml-org/tiny", with: provisioner).vendor == name)
        }
        #expect(world.hub.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test("the token is found in the files that the hub's own client keeps")
    func files() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write(Array("hf_secret\n".utf8), to: "token")
        for variables in [["HF_TOKEN_PATH": file.string], ["HF_HOME": folder.path.string]] {
            var world = try HubWorld(options, traits: ModelTraits(isPrivate: true))
            world.environment.merge(variables) { $1 }
            #expect(try await world.resolve().revision == world.commit)
        }
        var world = try HubWorld(options)
        world.environment["HF_HOME"] = "/nonexistent"
        #expect(try await world.resolve().revision == world.commit)
    }

    @Test("a private or missing model is not found, with the word that it may be private")
    func missing() async throws {
        var world = try HubWorld(options, traits: ModelTraits(isPrivate: true))
        for reference in ["ggml-org/tiny", "ggml-org/nothing"] {
            let error = try await world.failure(reference)
            #expect(error.code == .notFound)
            #expect(error.remedy == "or it is private: set HF_TOKEN")
        }
        world.environment["HF_TOKEN"] = "hf_secret"
        let error = try await world.failure("ggml-org/nothing")
        #expect(error.code == .notFound)
        #expect(error.remedy == "or it is private, and the account of your token has no access to it")
    }

    @Test("a token that the hub does not know is unauthorized, and stands in no message")
    func wrongToken() async throws {
        var world = try HubWorld(options)
        world.environment["HF_TOKEN"] = "hf_wrong"
        let error = try await world.failure()
        #expect(error.code == .unauthorized)
        #expect(!error.description.contains("hf_wrong"))
    }

    @Test("a gated model says where its terms are, before any file is fetched")
    func gated() async throws {
        var world = try HubWorld(options, traits: ModelTraits(gate: .manual, isGranted: false))
        let without = try await world.failure()
        #expect(without.code == .gated)
        #expect(without.remedy == "accept the terms at \(world.hub.hub)/ggml-org/tiny and set HF_TOKEN")
        world.environment["HF_TOKEN"] = "hf_secret"
        #expect(try await world.failure().code == .gated)
        try world.hub.addModel("ggml-org/tiny", files: [], traits: ModelTraits(gate: .auto))
        #expect(try await world.resolve().metadata.gated)
    }

    @Test("a token that would cross the network in the clear is a matter of configuration")
    func plain() async throws {
        var world = try HubWorld()
        world.environment["T"] = "hf_secret"
        let options: [String: VendorOptions.Value] = [
            "endpoint": .string("http://hub.example"), "token": .secret(.environment("T")),
        ]
        let error = try await world.failure(
            "corp:org/name", with: try world.provisioner(name: "corp", options: options))
        #expect(error.code == .configuration)
    }

    @Test(
        "an endpoint that is no plain URL is a matter of configuration",
        arguments: [
            "hub.example", "ftp://hub.example", "https://", "https://user:word@hub.example", "https://hub.example/?a=b",
            "file:///etc",
        ])
    func endpoints(_ url: String) throws {
        let world = try HubWorld()
        let error = #expect(throws: ProvisionError.self) {
            try world.provisioner(options: ["endpoint": .string(url)])
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("user:") == false)
    }
}
