import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct SelectionTests {
    private func files(of id: String, _ machine: Installation) async throws -> [String] {
        let shown = try await machine.run("model", "show", id, "--json").json()
        return shown["config"]?["files"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
    }

    @Test("patterns give exactly their files, as a model of its own beside the others of the repository")
    func patterns() async throws {
        let machine = try Installation()
        try machine.hub.addModel(
            "org/many",
            files: [
                TestFile("config.json", text: "{}"), TestFile("onnx/config.json", text: "{\"a\":1}"),
                TestFile("vocab.txt", text: "a b c"), TestFile("weights.bin", text: "pickled"),
            ])
        let json = try await machine.run("model", "download", "org/many", "--include", "*.json")
        #expect(json.status == 0, "\(json.errors)")
        #expect(json.output == "hf:org/many:{*.json}\n")
        #expect(try await files(of: "hf:org/many:{*.json}", machine) == ["config.json", "onnx/config.json"])

        let other = try await machine.run(
            "model", "download", "org/many", "--include", "*.txt", "--include", "*.json", "--exclude", "onnx/")
        #expect(other.output == "hf:org/many:{*.json,*.txt,!onnx/**}\n", "\(other.errors)")
        #expect(try await files(of: "org/many:{*.json,*.txt,!onnx/**}", machine) == ["config.json", "vocab.txt"])
        #expect(try await files(of: "org/many:{*.json}", machine) == ["config.json", "onnx/config.json"])

        // The id is a reference: it downloads the same again, for one request.
        machine.hub.forgetRequests()
        let again = try await machine.run("model", "download", "hf:org/many:{*.json}")
        #expect(again.output == "hf:org/many:{*.json}\n", "\(again.errors)")
        #expect(machine.hub.requests.count == 1)

        let nothing = try await machine.run("model", "download", "org/many", "--include", "*.gguf")
        #expect(nothing.status == 66)
        #expect(nothing.errors.contains("vocab.txt"))
        #expect(try await machine.run("model", "download", "org/many:a", "--include", "*").status == 64)
        #expect(try await machine.run("model", "download", "org/many", "--include", "a,b").status == 64)
        #expect(try await machine.run("model", "download", "org/many", "--include", "a//b").status == 64)
    }

    @Test("pickles come by leave or by name alone, and the projector of a vision model by itself")
    func picklesAndProjectors() async throws {
        let machine = try Installation()
        try machine.hub.addModel(
            "org/old", files: [TestFile("config.json", text: "{}"), TestFile("weights.bin", text: "pickled")])
        let safe = try await machine.run("model", "download", "org/old")
        #expect(safe.status == 65 && safe.errors.contains("weights.bin") && safe.errors.contains("--allow-pickle"))
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
        let all = try await machine.run("model", "download", "org/old", "--allow-pickle")
        #expect(all.status == 0, "\(all.errors)")
        #expect(try await files(of: "org/old", machine) == ["config.json", "weights.bin"])
        #expect(try await machine.run("model", "download", "org/old", "--include", "*.bin").status == 0)

        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M", "--with-projector").status == 66)
        try machine.hub.addModel(
            "org/seeing",
            files: [
                Installation.gguf("seeing-Q8_0.gguf", .q80), Installation.gguf("mmproj-seeing-F16.gguf", .f16, seed: 7),
            ])
        let seeing = try await machine.run("model", "download", "org/seeing:Q8_0", "--with-projector")
        #expect(seeing.status == 0, "\(seeing.errors)")
        #expect(
            try await files(of: "org/seeing:Q8_0", machine) == ["mmproj-seeing-F16.gguf", "seeing-Q8_0.gguf"])
    }
}
