import ArtifactTypes
import Foundation
import Provisioning
import TestHub
import TestSupport
import Testing

@Suite("mirrors of a registry")
struct MirrorTests {
    private let world: RegistryWorld
    private let mirror: TestHub
    private let layer = RegistryLayer("application/vnd.docker.ai.gguf.v3", .bytes(RegistryWorld.gguf))

    init() throws {
        world = try RegistryWorld()
        mirror = try TestHub.start()
        try world.hub.addArtifact("a/b", tag: "v1", layers: [layer])
        try mirror.addArtifact("hub/a/b", tag: "v1", layers: [layer])
    }

    private func instance(
        _ table: [String: VendorOptions.Value] = [:], environment: [String: String] = [:]
    ) throws -> any Provisioner {
        var world = world
        world.environment.merge(environment) { $1 }
        let own: [String: VendorOptions.Value] = ["url": .string("\(mirror.hub)/hub/")]
        return try world.provisioner(
            "corp",
            options: [
                "registry": .string(world.hub.hub),
                "mirrors": .list([.table(VendorOptions(own.merging(table) { $1 }))]),
            ])
    }

    @Test("layers are had of the mirror first, with its own login; the registry's stays at the registry")
    func layers() async throws {
        mirror.setRegistryAccess(.token(user: "bot", password: "secret"))
        let vendor = try instance(
            ["username": .string("bot"), "token": .secret(.environment("T"))], environment: ["T": "secret"])
        let resolution = try await world.resolve("corp:a/b:v1", with: vendor)
        let sources = try #require(resolution.files.first).sources
        try #require(sources.count == 2)
        #expect(sources.map { $0.url.hasPrefix(mirror.hub + "/v2/hub/a/b/blobs/") } == [true, false])
        #expect(sources.map { $0.url.hasPrefix(world.hub.hub + "/v2/a/b/blobs/") } == [false, true])
        #expect(sources[0].headers == ["Authorization": Secret("Bearer registry-token")])
        #expect(sources[1].headers.isEmpty)
        #expect(!resolution.metadata.unverified && resolution.metadata.skipped.isEmpty)
        // The right to pull what the mirror calls it.
        #expect(mirror.requests.contains { $0.target.contains("scope=repository%3Ahub%2Fa%2Fb%3Apull") })
        #expect(!world.hub.requests.contains { $0.headers["authorization"] != nil })
    }

    @Test("a mirror that has another manifest under the tag, or refuses, is passed over and named")
    func passedOver() async throws {
        try world.hub.addArtifact("a/b", tag: "v1", layers: [RegistryLayer(layer.mediaType, text: "newer")])
        let stale = try await world.resolve("corp:a/b:v1", with: try instance())
        #expect(try #require(stale.files.first).sources.count == 1)
        #expect(stale.metadata.skipped.map(\.url) == ["\(mirror.hub)/hub"])
        #expect(!stale.metadata.unverified)
        #expect(stale.metadata.skipped[0].reason == "it has not the manifest that \(world.host)/a/b:v1 is at")
        mirror.setFault(.status(429, retryAfter: "100"), on: "/v2/")
        let busy = try await world.resolve("corp:a/b:v1", with: try instance())
        #expect(busy.metadata.skipped.first?.reason.contains("left alone") == true)
        mirror.clearFaults()
        mirror.setRegistryAccess(.basic(user: "bot", password: "secret"))
        let refused = try await world.resolve("corp:a/b:v1", with: try instance())
        #expect(refused.metadata.skipped.first?.reason.contains("answers nobody without a login") == true)
    }

    @Test("while the registry cannot be reached the mirror's word on a tag counts, and vouches for nothing")
    func standIn() async throws {
        world.hub.setFault(.status(429, retryAfter: "100000"), on: "/v2/")
        let tag = try await world.resolve("corp:a/b:v1", with: try instance())
        #expect(tag.metadata.unverified)
        #expect(tag.metadata.skipped.map(\.url) == [world.hub.hub])
        #expect(try #require(tag.files.first).sources.map { $0.url.hasPrefix(mirror.hub) } == [true])
        let pinned = try await world.resolve("corp:a/b@\(tag.revision)", with: try instance())
        #expect(!pinned.metadata.unverified)
        // What the registry itself says of a tag that it has not is an answer.
        world.hub.clearFaults()
        try mirror.addArtifact("hub/a/b", tag: "only-here", layers: [layer])
        #expect(try await world.failure("corp:a/b:only-here", with: try instance()).code == .revisionNotFound)
    }

    @Test("a mirror's own manifest of other bytes than its digest is refused")
    func lying() async throws {
        world.hub.setFault(.status(503), on: "/v2/")
        let other = try mirror.addArtifact("hub/a/b", tag: "other", layers: [RegistryLayer(layer.mediaType, text: "x")])
        let right = try await world.resolve("corp:a/b:v1", with: try instance()).revision
        mirror.serve("hub/a/b", right, as: other)
        let error = try await world.failure("corp:a/b@\(right)", with: try instance())
        #expect(error.code == .unavailable && error.message.contains("no mirror stands in for it: \(mirror.hub)/hub: "))
        #expect(error.message.contains("\(right) was asked for"))
    }

    @Test(
        "what is no registry's URL, and a mirror without a registry, are errors of the file",
        arguments: ["https://h.example?x", "https://u:pass@h.example", "ftp://h.example", "https://h.example/a b"])
    func wrong(_ url: String) throws {
        let error = try #require(throws: ProvisionError.self) { try instance(["url": .string(url)]) }
        #expect(error.code == .configuration)
        #expect(!error.description.contains("pass@"))
        let alone = try #require(throws: ProvisionError.self) {
            try world.provisioner(options: ["mirrors": .list([.string("https://h.example")])])
        }
        #expect(alone.remedy == "add registry = \"https://HOST\"")
    }
}
