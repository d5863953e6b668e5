import ArtifactTypes
import Foundation
import Provisioning
import TestHub
import Testing

@Suite("what a registry gives and nobody should take")
struct RefusalTests {
    private static let gguf = "application/vnd.docker.ai.gguf.v3"

    private func world(_ layers: [RegistryLayer] = [RegistryLayer(gguf, text: "x")]) throws -> RegistryWorld {
        let world = try RegistryWorld()
        try world.hub.addArtifact("a/b", tag: "v1", layers: layers)
        return world
    }

    @Test("a manifest that is not what was asked for, or not what the registry itself says")
    func digests() async throws {
        let world = try world()
        let resolution = try await world.resolve("/a/b:v1")
        let other = "sha256:" + String(repeating: "0", count: 64)
        world.hub.serve("a/b", other, as: resolution.revision)
        #expect(try await world.failure("/a/b@\(other)").code == .digestMismatch)
        world.hub.setFault(
            Fault(.answer(status: 200, headers: ["Docker-Content-Digest": other], body: Array("{}".utf8))),
            on: "/v2/a/b/manifests/v1")
        let error = try await world.failure("/a/b:v1")
        #expect(error.code == .digestMismatch)
        #expect(error.message.contains(other))
    }

    @Test("layers whose content is to come from elsewhere")
    func foreign() async throws {
        let elsewhere = RegistryLayer(Self.gguf, .bytes([1]), urls: ["https://evil.example/layer"])
        let types = [
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ]
        for layer in [elsewhere] + types.map({ RegistryLayer($0, text: "x") }) {
            let world = try world([layer])
            let error = try await world.failure("/a/b:v1")
            #expect(error.code == .unsafeContent)
            #expect(error.message.contains("foreign"))
        }
    }

    @Test(
        "names that leave the folder, and two layers of one name",
        arguments: [["../x.gguf"], ["/etc/x"], ["a\u{202e}b"], ["x.gguf", "x.gguf"]])
    func names(_ titles: [String]) async throws {
        let world = try world(
            titles.map { RegistryLayer(Self.gguf, text: $0, annotations: ["org.opencontainers.image.title": $0]) })
        #expect(try await world.failure("/a/b:v1").code == .unsafeContent)
    }

    @Test("of a worker, too, a name that leaves the folder", arguments: ["../../evil.tar.gz", "/tmp/evil.tar.gz"])
    func workersName(title: String) async throws {
        let annotations = ["org.opencontainers.image.title": title]
        let world = try world([RegistryLayer("application/gzip", text: "x", annotations: annotations)])
        #expect(try await world.failure("/a/b:v1", kind: .worker).code == .unsafeContent)
    }

    @Test(
        "digests and sizes that are none",
        arguments: [
            #"{"mediaType":"x","digest":"sha256:../../x","size":1}"#,
            #"{"mediaType":"x","digest":"sha256:ABC","size":1}"#,
            #"{"mediaType":"x","digest":"sha256:\#(String(repeating: "0", count: 64))","size":-1}"#,
        ])
    func descriptors(_ layer: String) async throws {
        let world = try world()
        try world.hub.addManifest("a/b", tag: "v1", Array(#"{"schemaVersion":2,"layers":[\#(layer)]}"#.utf8))
        #expect(try await world.failure("/a/b:v1").code == .unsafeContent)
    }

    @Test("one content that is an artifact and an index")
    func both() async throws {
        let world = try world()
        for text in [
            #"{"schemaVersion":2,"layers":[],"manifests":[]}"#,
            #"{"schemaVersion":2,"mediaType":"\#(TestHub.imageIndex)","layers":[]}"#,
            #"{"schemaVersion":2,"mediaType":"\#(TestHub.imageManifest)","manifests":[]}"#,
        ] {
            try world.hub.addManifest("a/b", tag: "v1", Array(text.utf8))
            #expect(try await world.failure("/a/b:v1").code == .unsafeContent, "\(text)")
        }
    }

    @Test(
        "manifests of no known kind",
        arguments: [
            ("{}", ProvisionError.Code.unsupported), (#"{"schemaVersion":1,"fsLayers":[]}"#, .unsupported),
            ("<html>", .unavailable), ("[]", .unavailable), (#"{"schemaVersion":2,"layers":[1]}"#, .unavailable),
            (#"{"schemaVersion":2,"layers":[]}"#, .unsupported),
        ])
    func kinds(_ text: String, _ code: ProvisionError.Code) async throws {
        let world = try world()
        try world.hub.addManifest("a/b", tag: "v1", Array(text.utf8))
        #expect(try await world.failure("/a/b:v1").code == code)
    }

    @Test("a manifest without an end")
    func huge() async throws {
        let world = try world()
        try world.hub.addManifest("a/b", tag: "v1", [UInt8](repeating: UInt8(ascii: " "), count: 5 << 20))
        #expect(try await world.failure("/a/b:v1").code == .digestMismatch)
    }

    @Test("indexes of indexes without an end, and one whose entry has another size")
    func indexes() async throws {
        let world = try world()
        var digest = try await world.resolve("/a/b:v1").revision
        for _ in 0..<6 { digest = try world.addIndex("a/b", tag: "deep", [(digest, nil, nil)]) }
        #expect(try await world.failure("/a/b:deep").code == .unsafeContent)
        let lie = #"{"mediaType":"x","digest":"\#(digest)","size":7}"#
        try world.hub.addManifest(
            "a/b", tag: "lie", Array(#"{"schemaVersion":2,"manifests":[\#(lie)]}"#.utf8), mediaType: TestHub.imageIndex)
        #expect(try await world.failure("/a/b:lie").code == .digestMismatch)
    }

    @Test("a container's image is no model, and several layers are no worker")
    func images() async throws {
        let layer = RegistryLayer("application/vnd.oci.image.layer.v1.tar+gzip", text: "x")
        let world = try world([layer, layer])
        #expect(try await world.failure("/a/b:v1").code == .unsupported)
        #expect(try await world.failure("/a/b:v1", kind: .worker).code == .unsupported)
    }

    @Test("a small blob with other bytes")
    func blob() async throws {
        let claimed = "sha256:" + String(repeating: "1", count: 64)
        var layer = RegistryLayer("application/vnd.ollama.image.template", text: "{{ .Prompt }}")
        layer.claimedDigest = claimed
        let world = try world([RegistryLayer(Self.gguf, text: "x"), layer])
        #expect(try await world.failure("/a/b:v1").code == .digestMismatch)
    }

    @Test("a question for a manifest that is sent on to another origin")
    func redirect() async throws {
        let world = try world()
        world.hub.setFault(.redirect(to: world.hub.cdn + "/cdn/x"), on: "/v2/a/b/manifests/")
        #expect(try await world.failure("/a/b:v1").code == .untrusted)
    }

    @Test("what is not there, and who asks too often")
    func statuses() async throws {
        let world = try world()
        #expect(try await world.failure("/a/b:v2").code == .revisionNotFound)
        #expect(try await world.failure("/a/c:v1").code == .notFound)
        world.hub.setFault(.status(429, retryAfter: "100000"), on: "/v2/a/b/manifests/")
        let error = try await world.failure("/a/b:v1")
        #expect(error.code == .rateLimited(retryAfter: 100000))
    }
}
