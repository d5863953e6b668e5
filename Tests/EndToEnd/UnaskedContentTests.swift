import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What a vendor lists, or an archive holds, and nobody asked for.
@Suite struct UnaskedContentTests {
    private let machine: Installation
    private let weights = GGUFWriter.sized(megabytes: 1, quantization: .q4KM, name: "Tiny", seed: 5).bytes()
    private var registry: String { "oci://\(machine.hub.hub.dropFirst("http://".count))" }

    init() throws {
        machine = try Installation()
    }

    private func layer(_ name: String, _ bytes: [UInt8]) -> RegistryLayer {
        RegistryLayer(
            "application/octet-stream", .bytes(bytes), annotations: ["org.opencontainers.image.title": name])
    }

    /// A tar archive of these files.
    private func archive(_ files: [String: [UInt8]]) throws -> [UInt8] {
        for (name, bytes) in files { try machine.folder.write(bytes, to: "content/\(name)") }
        try machine.shell(["tar", "-C", "content", "-cf", "content.tar"] + files.keys.sorted())
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(machine.folder.path)/content.tar")))
    }

    private func files(of model: String) async throws -> [String] {
        let shown = try await machine.run("model", "show", model, "--json").json()
        return shown["config"]?["files"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
    }

    @Test("a pickle among an artifact's layers is left out with a word, unless it is allowed")
    func layers() async throws {
        try machine.hub.addArtifact(
            "team/both", tag: "v1", layers: [layer("pytorch_model.bin", [1, 2]), layer("tiny.gguf", weights)])
        try machine.hub.addArtifact(
            "team/pickle", tag: "v1", layers: [layer("pytorch_model.bin", [1, 2]), layer("config.json", [123, 125])])
        let both = try await machine.run("model", "download", "\(registry)/team/both:v1")
        #expect(both.status == 0, "\(both.errors)")
        #expect(both.errors.contains("left out, since a pickle can run code: pytorch_model.bin"), "\(both.errors)")
        #expect(try await files(of: "\(registry)/team/both:v1") == ["tiny.gguf"])
        #expect(try await machine.run("model", "download", "\(registry)/team/both:v1").status == 0)
        machine.hub.forgetRequests()
        let pickle = try await machine.run("model", "download", "\(registry)/team/pickle:v1")
        #expect(pickle.status == 65 && pickle.errors.contains("pytorch_model.bin"), "\(pickle.errors)")
        #expect(pickle.errors.contains("--allow-pickle"))
        #expect(machine.payloadRequests.isEmpty)
        for name in ["both", "pickle"] {
            let allowed = try await machine.run("model", "download", "\(registry)/team/\(name):v1", "--allow-pickle")
            #expect(allowed.status == 0, "\(allowed.errors)")
            #expect(try await files(of: "\(registry)/team/\(name):v1").contains("pytorch_model.bin"))
        }
    }

    @Test("a pickle in an archive is named before anything is published, and the archive is not fetched twice")
    func archives() async throws {
        let content = try archive(["model/tiny.gguf": weights, "model/pytorch_model.bin": [1, 2]])
        try machine.hub.addArtifact(
            "team/packed", tag: "v1",
            layers: [
                RegistryLayer(
                    "application/vnd.cncf.model.weight.v1.tar", .bytes(content),
                    annotations: ["org.cncf.model.filepath": "model"])
            ])
        let url = try machine.hub.addRelease("model-1.0.tar", .bytes(content))
        for (reference, entry) in [
            ("\(registry)/team/packed:v1", "model/pytorch_model.bin"), (url, "pytorch_model.bin"),
        ] {
            let refused = try await machine.run("model", "download", reference)
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains(entry) && refused.errors.contains("--allow-pickle"), "\(refused.errors)")
            #expect(try await machine.run("model", "list", "--json").output == "[]\n")
            machine.hub.forgetRequests()
            let allowed = try await machine.run("model", "download", reference, "--allow-pickle")
            #expect(allowed.status == 0, "\(allowed.errors)")
            #expect(machine.hub.requests.allSatisfy { $0.payloadBytes < 1 << 19 })
            #expect(try await machine.run("model", "remove", reference).status == 0)
            #expect(try await machine.run("gc").status == 0)
        }
    }

    @Test("who names the pickle has asked for it")
    func named() async throws {
        let url = try machine.hub.addRelease("pytorch_model.bin", .bytes([1, 2, 3]))
        try machine.hub.addModel(
            "org/pickle", files: [TestFile("pytorch_model.bin", .bytes([4])), TestFile("README.md", text: "#\n")])
        let path = try machine.folder.write([5], to: "mine.bin")
        for reference in [url, "org/pickle:pytorch_model.bin", "file:\(path)"] {
            let outcome = try await machine.run("model", "download", reference)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test("a file of the store's own name is left out of a repository, and refused before a byte moves elsewhere")
    func sidecar() async throws {
        try machine.hub.addModel("org/odd2", files: [TestFile("artifact.json", text: "{}")])
        try machine.hub.addModel(
            "org/odd",
            files: [Installation.gguf("tiny-Q4_K_M.gguf", .q4KM), TestFile("Artifact.json", text: "{}")])
        let taken = try await machine.run("model", "download", "org/odd", "--include", "*")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(taken.errors.contains("left out") && taken.errors.contains("Artifact.json"), "\(taken.errors)")
        try machine.hub.addArtifact(
            "team/odd", tag: "v1", layers: [layer("artifact.JSON", [123, 125]), layer("tiny.gguf", weights)])
        machine.hub.forgetRequests()
        for (reference, name) in [("\(registry)/team/odd:v1", "artifact.JSON"), ("org/odd2", "artifact.json")] {
            let refused = try await machine.run("model", "download", reference)
            #expect(refused.status == 65 && refused.errors.contains(name), "\(refused.errors)")
        }
        #expect(machine.payloadRequests.isEmpty)
    }

    @Test("what is unpacked is judged by the trust table before it is published, and not its wrapping")
    func trusted() async throws {
        let name = { (text: String) in ["org.cncf.model.filepath": text] }
        let type = "application/vnd.cncf.model.weight.v1.tar"
        let good = try archive(["good/tiny.gguf": weights, "good/config.json": [123, 125]])
        let odd = try archive(["odd/tiny.gguf": weights, "odd/run.sh": [35]])
        try machine.hub.addArtifact(
            "team/good", tag: "v1", layers: [RegistryLayer(type, .bytes(good), annotations: name("good"))])
        try machine.hub.addArtifact(
            "team/odd", tag: "v1", layers: [RegistryLayer(type, .bytes(odd), annotations: name("odd"))])
        try machine.addVendor("oci.toml", "name = \"oci\"\nmodule = \"oci\"\ntrust.formats = [\"gguf\"]\n")
        #expect(try await machine.run("model", "download", "\(registry)/team/good:v1").status == 0)
        let refused = try await machine.run("model", "download", "\(registry)/team/odd:v1")
        #expect(refused.status == 65, "\(refused.errors)")
        #expect(refused.errors.contains("odd/run.sh") && refused.errors.contains("oci.toml:3"), "\(refused.errors)")

        try machine.folder.write([UInt8](repeating: 0, count: 4 << 20), to: "content/zeros/model.safetensors")
        try machine.shell(["tar", "-C", "content", "-czf", "zeros.tar.gz", "zeros"])
        let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(machine.folder.path)/zeros.tar.gz")))
        let url = try machine.hub.addRelease("zeros-1.0.tar.gz", .bytes(packed))
        try machine.addVendor("t.toml", "name = \"tarball\"\nmodule = \"tarball\"\ntrust.max-size = \"1M\"\n")
        let large = try await machine.run("model", "download", url)
        #expect(large.status == 65, "\(large.errors)")
        #expect(large.errors.contains("max-size 1.0 MB, and this is larger unpacked ("), "\(large.errors)")
        #expect(large.errors.contains("t.toml:3"))
        #expect(try await machine.run("model", "list").output.contains("team/good"))
        #expect(try await !machine.run("model", "list").output.contains("zeros"))
    }
}
