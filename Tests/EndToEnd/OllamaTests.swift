import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Ollama's library and other registries, played by the test hub, which can misbehave.
@Suite struct OllamaTests {
    private let machine: Installation
    private let weights: TestBody
    private static let type = "application/vnd.ollama.image."

    init() throws {
        machine = try Installation()
        weights = .bytes(GGUFWriter.sized(megabytes: 24, quantization: .q80, name: "Tiny", seed: 3).bytes())
        try machine.addVendor(
            "ollama.toml",
            """
            name = "ollama"
            module = "oci"
            provides = ["models"]

            [oci]
            registry = "\(machine.hub.hub)"
            namespace = "library"
            """)
        try machine.hub.addArtifact(
            "library/tiny", tag: "latest",
            layers: [
                RegistryLayer(Self.type + "model", weights),
                RegistryLayer(Self.type + "template", text: "{{ .Prompt }}\n"),
                RegistryLayer(Self.type + "system", text: "Be kind."),
                RegistryLayer(Self.type + "license", text: "MIT\n"),
                RegistryLayer(Self.type + "params", text: #"{"num_ctx":4096,"stop":["<end>"]}"#),
            ])
    }

    private var payload: [RecordedRequest] {
        machine.hub.requests.filter { $0.origin == .cdn && $0.payloadBytes > 1 << 20 }
    }

    @Test("a model is downloaded by its short name, and its catalog entry says how it is run")
    func download() async throws {
        let outcome = try await machine.run("model", "download", "ollama:tiny")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "ollama:tiny:latest\n")
        let shown = try await machine.run("model", "show", "ollama:tiny", "--json").json()
        let defaults = try #require(shown["config"]?["defaults"])
        #expect(defaults["template"] == .string("{{ .Prompt }}\n"))
        #expect(defaults["system"] == .string("Be kind."))
        #expect(defaults["parameters"]?["num_ctx"] == .integer(4096))
        #expect(shown["config"]?["license"] == .string("MIT"))
        #expect(shown["source"]?["Other"] == .string("ollama"))
        #expect(try await machine.run("model", "show", "ollama:tiny").output.contains("{{ .Prompt }}"))
        machine.hub.forgetRequests()
        #expect(try await machine.run("model", "download", "ollama:tiny").status == 0)
        #expect(machine.hub.requests.map(\.method) == ["HEAD"])
        #expect(try await machine.run("model", "download", "ollama:tiny", "--offline").status == 0)
    }

    @Test("what Ollama's own store has costs no payload")
    func adopted() async throws {
        guard case .bytes(let bytes) = weights else { return }
        let name = "ollama/blobs/sha256-\(try TestHub.sha256(of: weights))"
        try machine.folder.write(bytes, to: name)
        let outcome = try await machine.run(
            "model", "download", "ollama:tiny",
            environment: ["OLLAMA_MODELS": machine.folder.path.appending("ollama").string])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("copied from Ollama's store"))
        #expect(payload.isEmpty)
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("a download that is killed goes on from the disk, and one whose token has run out asks for another")
    func killed() async throws {
        machine.hub.setRegistryAccess(.token(user: nil, password: nil))
        machine.hub.setFault(Fault(.stall(after: 8 << 20), times: 1), on: "/cdn/registry/")
        let program = try machine.start(["model", "download", "ollama:tiny"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        program.send(SIGKILL)
        _ = try await program.outcome()
        machine.hub.releaseStalls()
        let digest = try TestHub.sha256(of: weights)
        machine.hub.setFault(.status(401, times: 1), on: "/v2/library/tiny/blobs/sha256:\(digest)")
        machine.hub.setFault(Fault(.drop(after: 2 << 20), times: 1), on: "/cdn/registry/sha256:\(digest)")
        let outcome = try await machine.run("model", "download", "ollama:tiny")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try await machine.run("model", "verify").status == 0)
        #expect(payload.reduce(0) { $0 + $1.payloadBytes } <= weights.size + 8 << 20)
        #expect(machine.hub.requests.contains { $0.origin == .cdn && $0.headers["range"] != nil })
    }

    @Test("what is refused ends with its exit code, before any payload")
    func refused() async throws {
        let title = { (name: String) in ["org.opencontainers.image.title": name] }
        let hub = machine.hub
        try hub.addArtifact("bad/name", tag: "v1", layers: [.init("x/y", .bytes([1]), annotations: title("../x"))])
        try hub.addArtifact("bad/layer", tag: "v1", layers: [.init("x/y", .bytes([1]), urls: ["https://evil.example"])])
        try hub.addManifest("bad/huge", tag: "v1", [UInt8](repeating: 32, count: 5 << 20))
        let entry = #"{"mediaType":"x","digest":"sha256:\#(String(repeating: "0", count: 64))","size":1,"#
        try hub.addManifest(
            "bad/platform", tag: "v1",
            Array(#"{"schemaVersion":2,"manifests":[\#(entry)"platform":{"os":"plan9","architecture":"mips"}}]}"#.utf8))
        hub.setFault(.status(429, retryAfter: "100000"), on: "/v2/bad/limit/")
        hub.setFault(
            Fault(.answer(status: 401, headers: ["WWW-Authenticate": "Basic realm=\"x\""], body: [])),
            on: "/v2/bad/login/")
        let cases: [(name: String, status: Int32)] = [
            ("bad/name:v1", 65), ("bad/layer:v1", 65), ("bad/huge:v1", 65), ("bad/platform:v1", 66),
            ("bad/none:v1", 66),
            ("tiny:v7", 66), ("bad/limit:v1", 75), ("bad/login:v1", 77), ("bad:-x", 64),
        ]
        for (name, status) in cases {
            let outcome = try await machine.run("model", "download", "ollama:\(name)")
            #expect(outcome.status == status, "\(name): \(outcome.errors)")
        }
        #expect(payload.isEmpty)
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    @Test("an artifact has one id, by whichever of its spellings it is asked for, and is found by all of them")
    func spellings() async throws {
        let host = machine.hub.hub.dropFirst("http://".count)
        let spellings = ["ollama:tiny", "ollama:library/tiny:latest", "oci://\(host)/library/tiny:latest"]
        for spelling in spellings {
            let outcome = try await machine.run("model", "download", spelling)
            #expect(outcome.output == "ollama:tiny:latest\n", "\(outcome.errors)")
            #expect(try await machine.run("model", "show", spelling, "--json").status == 0)
            #expect(try await machine.run("model", "download", spelling, "--offline").status == 0)
        }
        // A URL says all of the repository's name.
        #expect(try await machine.run("model", "download", "oci://\(host)/tiny:latest").status == 66)
        try machine.hub.addArtifact("tiny", tag: "latest", layers: [RegistryLayer(Self.type + "model", weights)])
        let root = try await machine.run("model", "download", "oci://\(host)/tiny")
        #expect(root.status == 0 && root.output == "oci://\(host)/tiny:latest\n", "\(root.errors)")
        #expect(try await machine.run("model", "list", "--json").json().arrayValue?.count == 2)
    }

    @Test("what was stored before its registry had a name goes on under the id that it has")
    func olderSpelling() async throws {
        let id = "oci://\(machine.hub.hub.dropFirst("http://".count))/library/tiny:latest"
        let file = machine.vendors.appending("ollama.toml").string
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try FileManager.default.removeItem(atPath: file)
        #expect(try await machine.run("model", "download", id).output == id + "\n")
        try machine.addVendor("ollama.toml", text)
        machine.hub.forgetRequests()
        let again = try await machine.run("model", "download", id)
        #expect(again.output == id + "\n", "\(again.errors)")
        #expect(machine.hub.requests.map(\.method) == ["HEAD"])
        #expect(try await machine.run("model", "show", id).status == 0)
        #expect(try await machine.run("model", "remove", id).status == 0)
    }

    @Test("an organization is the first part of the repository, with the namespace, and no image's name")
    func organization() async throws {
        let host = machine.hub.hub.dropFirst("http://".count)
        try machine.hub.addArtifact("tiny", tag: "latest", layers: [RegistryLayer(Self.type + "model", weights)])
        let file = try String(contentsOfFile: machine.vendors.appending("ollama.toml").string, encoding: .utf8)
        let takes = { (organization: String, reference: String) in
            try machine.addVendor("ollama.toml", "trust.organizations = [\"\(organization)\"]\n\(file)")
            let outcome = try await machine.run("model", "download", reference, "--dry-run")
            #expect(outcome.status == 0 || (outcome.status == 65 && outcome.errors.contains("ollama.toml:1")))
            return outcome.status == 0
        }
        for reference in ["ollama:tiny", "ollama:library/tiny", "oci://\(host)/library/tiny"] {
            #expect(try await takes("library", reference), "\(reference)")
            #expect(try await !takes("tiny", reference), "\(reference)")
        }
        #expect(try await !takes("tiny", "oci://\(host)/tiny"))
    }
}
