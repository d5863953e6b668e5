import ArtifactTypes
import Foundation
import Provisioning
import Synchronization
import TestHub
import Testing

@Suite("resolving an artifact of a registry")
struct ResolveTests {
    @Test("Docker's artifact becomes files that are named after it, pinned by the manifest's digest")
    func docker() async throws {
        let world = try RegistryWorld()
        let digest = try world.hub.addArtifact(
            "ai/tiny", tag: "1B-Q4",
            layers: [
                RegistryLayer("application/vnd.docker.ai.gguf.v3", .bytes(RegistryWorld.gguf)),
                RegistryLayer("application/vnd.docker.ai.mmproj", text: "projector"),
                RegistryLayer("application/vnd.docker.ai.license", text: "\n  Apache License\n  Version 2.0\n"),
                RegistryLayer("application/vnd.docker.ai.chat.template.jinja", text: "{{ x }}"),
            ])
        let resolution = try await world.resolve("/ai/tiny:1B-Q4")
        #expect(resolution.revision == digest)
        #expect(resolution.reference.description == "oci://\(world.host)/ai/tiny:1B-Q4")
        #expect(resolution.vendor == "oci")
        #expect(resolution.metadata.license == "Apache License")
        let paths = resolution.files.map(\.path.string)
        #expect(paths == ["tiny-1B-Q4.gguf", "mmproj-tiny-1B-Q4.gguf", "LICENSE", "chat_template.jinja"])
        let weights = try #require(resolution.files.first)
        #expect(weights.size == Int64(RegistryWorld.gguf.count))
        let hex = try TestHub.sha256(of: .bytes(RegistryWorld.gguf))
        #expect(weights.digest == Digest(.sha256, hex: hex))
        #expect(weights.sources.map(\.url) == ["\(world.hub.hub)/v2/ai/tiny/blobs/sha256:\(hex)"])
    }

    @Test("shards without names are numbered in the order of the layers")
    func shards() async throws {
        let world = try RegistryWorld()
        let layers = ["a", "b"].map { RegistryLayer("application/vnd.docker.ai.gguf.v3", text: $0) }
        try world.hub.addArtifact("ai/big", tag: "v1", layers: layers)
        let resolution = try await world.resolve("/ai/big:v1")
        #expect(resolution.files.map(\.path.string) == ["big-v1-00001-of-00002.gguf", "big-v1-00002-of-00002.gguf"])
    }

    @Test("ModelPack's layers have their own paths, are archives or raw, and the license stands in the config")
    func modelPack() async throws {
        let world = try RegistryWorld()
        let name = { (path: String) in ["org.cncf.model.filepath": path] }
        try world.hub.addArtifact(
            "m/pack", tag: "v1",
            layers: [
                RegistryLayer(
                    "application/vnd.cncf.model.weight.v1.raw", text: "w", annotations: name("sub/w.safetensors")),
                RegistryLayer(
                    "application/vnd.cncf.model.weight.config.v1.tar", text: "t", annotations: name("config.json")),
                RegistryLayer("application/vnd.cncf.model.doc.v1.tar+gzip", text: "z"),
                RegistryLayer("application/vnd.cncf.model.code.v1.tar+zstd", text: "s"),
            ],
            config: RegistryLayer(
                "application/vnd.cncf.model.config.v1+json",
                text: #"{"descriptor":{"licenses":["MIT","Apache-2.0"]},"config":{},"modelfs":{}}"#))
        let resolution = try await world.resolve("/m/pack:v1")
        #expect(resolution.files.map(\.unpack) == [.none, .archive(strip: 0), .archive(strip: 0), .archive(strip: 0)])
        #expect(resolution.files[0].path.string == "sub/w.safetensors")
        #expect(Set(resolution.files.map(\.path)).count == 4)
        #expect(resolution.metadata.license == "MIT AND Apache-2.0")
    }

    @Test("ORAS's layers of any type have titles, and directories are unpacked")
    func oras() async throws {
        let world = try RegistryWorld()
        let title = { (name: String) in ["org.opencontainers.image.title": name] }
        try world.hub.addArtifact(
            "o/files", tag: "v1",
            layers: [
                RegistryLayer("application/vnd.oci.image.layer.v1.tar", text: "f", annotations: title("model.gguf")),
                RegistryLayer("text/plain", text: "r", annotations: title("docs/readme.txt")),
                RegistryLayer(
                    "application/vnd.oci.image.layer.v1.tar+gzip", text: "d",
                    annotations: ["org.opencontainers.image.title": "folder", "io.deis.oras.content.unpack": "true"]),
                RegistryLayer("application/x-nameless", text: "n"),
            ], annotations: ["org.opencontainers.image.licenses": "MIT"])
        let notices = Mutex<[String]>([])
        let sink = ProgressSink { event in
            if case .notice(let text) = event { notices.withLock { $0.append(text) } }
        }
        let resolution = try await world.resolve("/o/files:v1", progress: sink)
        #expect(resolution.files.map(\.path.string) == ["model.gguf", "docs/readme.txt", "layer-3.tar"])
        #expect(resolution.files.map(\.unpack) == [.none, .none, .archive(strip: 0)])
        #expect(resolution.metadata.license == "MIT")
        #expect(notices.withLock { $0.contains { $0.contains("application/x-nameless") } })
    }

    @Test("Ollama's template, system message and parameters are told, its license is named and kept")
    func ollama() async throws {
        let world = try RegistryWorld()
        let type = "application/vnd.ollama.image."
        try world.hub.addArtifact(
            "library/tiny", tag: "latest",
            layers: [
                RegistryLayer(type + "model", .bytes(RegistryWorld.gguf)), RegistryLayer(type + "projector", text: "p"),
                RegistryLayer(type + "adapter", text: "a"), RegistryLayer(type + "template", text: "{{ .Prompt }}"),
                RegistryLayer(type + "system", text: "Be kind."),
                RegistryLayer(type + "license", text: "MIT License\n…"),
                RegistryLayer(type + "params", text: #"{"temperature":0.5,"stop":["<end>"]}"#),
                RegistryLayer(type + "license", text: "Use policy"), RegistryLayer(type + "unheard", text: "?"),
            ], config: RegistryLayer("application/vnd.docker.container.image.v1+json", text: "{}"))
        let resolution = try await world.resolve("ollama:tiny", with: try world.ollama())
        #expect(resolution.reference.description == "ollama:tiny:latest")
        #expect(
            resolution.files.map(\.path.string) == [
                "tiny-latest.gguf", "mmproj-tiny-latest.gguf", "adapter-tiny-latest.lora", "LICENSE", "LICENSE-2",
            ])
        #expect(resolution.metadata.license == "MIT License")
        let parameters: [String: JSONValue] = ["temperature": .number(0.5), "stop": .array([.string("<end>")])]
        #expect(
            resolution.metadata.defaults
                == ModelDefaults(template: "{{ .Prompt }}", system: "Be kind.", parameters: parameters))
        let coded = try JSONDecoder().decode(Resolution.self, from: JSONEncoder().encode(resolution))
        #expect(coded.metadata == resolution.metadata)
    }

    @Test("what is here at the tag's digest costs one request, and no body")
    func known() async throws {
        let world = try RegistryWorld()
        let layers = { [RegistryLayer("application/vnd.docker.ai.gguf.v3", text: $0)] }
        try world.hub.addArtifact("a/b", tag: "v1", layers: layers("one"))
        let first = try await world.resolve("/a/b:v1")
        world.hub.forgetRequests()
        #expect(try await world.resolve("/a/b:v1", known: first) == first)
        #expect(world.hub.requests.map(\.method) == ["HEAD"])
        let moved = try world.hub.addArtifact("a/b", tag: "v1", layers: layers("two"))
        #expect(try await world.resolve("/a/b:v1", known: first).revision == moved)
        let pinned = try await world.resolve("/a/b@\(first.revision)")
        #expect(pinned.files.map(\.digest) == first.files.map(\.digest))
        world.hub.forgetRequests()
        #expect(try await world.resolve("/a/b@\(first.revision)", known: pinned) == pinned)
        #expect(try await world.resolve("/a/b@\(first.revision)", offline: true, known: pinned) == pinned)
        #expect(world.hub.requests.isEmpty)
        let offline = await #expect(throws: ProvisionError.self) { try await world.resolve("/a/b:v1", offline: true) }
        #expect(offline?.code == .offline)
    }

    @Test("of an index the manifest of the machine is taken, through indexes within it")
    func index() async throws {
        let world = try RegistryWorld()
        let program = RegistryLayer(
            "application/octet-stream", text: "program", annotations: ["org.opencontainers.image.title": "worker-1.0"])
        let other = RegistryLayer(
            "application/octet-stream", text: "other", annotations: ["org.opencontainers.image.title": "worker-1.0"])
        let own = try world.hub.addArtifact("w/worker", tag: nil, layers: [program])
        let foreign = try world.hub.addArtifact("w/worker", tag: nil, layers: [other])
        let inner = try world.addIndex("w/worker", tag: nil, [(own, "linux", "amd64"), (foreign, "linux", "arm64")])
        _ = try world.addIndex("w/worker", tag: "v1", [(foreign, "windows", "amd64"), (inner, nil, nil)])
        // A worker is for one platform: an index without one among others is not entered.
        let direct = try world.addIndex("w/worker", tag: "v2", [(foreign, "linux", "arm64"), (own, "linux", "amd64")])
        let amd = HostPlatform(os: .linux, arch: "x86_64")
        let resolution = try await world.resolve("/w/worker:v2", kind: .worker, platform: amd)
        #expect(resolution.revision == direct)
        #expect(resolution.files.map(\.path.string) == ["worker-1.0"])
        #expect(resolution.files.first?.digest?.hex == (try TestHub.sha256(of: program.body)))
        let nested = try await world.resolve("/w/worker:v1", platform: amd)
        #expect(nested.files.first?.digest?.hex == (try TestHub.sha256(of: program.body)))
        let mac = HostPlatform(os: .macos, arch: "aarch64")
        let error = await #expect(throws: ProvisionError.self) {
            try await world.resolve("/w/worker:v2", kind: .worker, platform: mac)
        }
        #expect(error?.code == .selectorNotFound)
        #expect(error?.remedy == "it is there for linux/arm64, linux/amd64")
    }
}

extension RegistryWorld {
    /// Adds an index of manifests that the registry has.
    func addIndex(
        _ repository: String, tag: String?, _ entries: [(digest: String, os: String?, arch: String?)]
    ) throws -> String {
        let listed = entries.map { entry in
            let platform = entry.os.map { #","platform":{"os":"\#($0)","architecture":"\#(entry.arch ?? "")"}"# } ?? ""
            let size = hub.manifestSize(repository, entry.digest) ?? 0
            return
                #"{"mediaType":"\#(TestHub.imageManifest)","digest":"\#(entry.digest)","size":\#(size)\#(platform)}"#
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(TestHub.imageIndex)","manifests":[\#(listed.joined(separator: ","))]}"#
        return try hub.addManifest(repository, tag: tag, Array(text.utf8), mediaType: TestHub.imageIndex)
    }
}
