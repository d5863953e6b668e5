import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct CatalogImportTests {
    private func addOriginal(_ machine: Installation, _ name: String, _ metadata: String, file: TestFile?) throws {
        try machine.folder.write(Array(metadata.utf8), to: "original/models/\(name)/metadata.json")
        if let file, case .bytes(let bytes) = file.body {
            try machine.folder.write(bytes, to: "original/models/\(name)/\(file.path)")
        }
    }

    @Test(
        "an original store's models are taken over as they stand there, bad ones are named, and a second run adds none")
    func imported() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel()
        let artifact = #""name":"Tiny","source":"HuggingFace","size":1,"path":"/gone""#
        let times = #""added_at":"2025-01-02T03:04:05Z","last_accessed":"2025-02-03T04:05:06.5Z""#
        try addOriginal(
            machine, "org-tiny", #"{"artifact":{"id":"org/tiny",\#(artifact),"status":"Available"},\#(times)}"#,
            file: files[0])
        try addOriginal(machine, "broken", "{", file: files[0])
        try addOriginal(
            machine, "half", #"{"artifact":{"id":"org/half",\#(artifact),"status":"Downloading"},\#(times)}"#,
            file: files[0])
        try addOriginal(
            machine, "empty", #"{"artifact":{"id":"org/empty",\#(artifact),"status":"Available"},\#(times)}"#, file: nil
        )
        try addOriginal(
            machine, "noise", #"{"artifact":{"id":"org/noise",\#(artifact),"status":"Available"},\#(times)}"#,
            file: TestFile("noise-Q4_K_M.gguf", text: "no GGUF"))

        let original = machine.folder.path.appending("original").string
        let outcome = try await machine.run("catalog", "import", original)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.output == "hf:org/tiny:Q4_K_M\n")
        for name in ["broken", "half", "empty", "noise"] { #expect(outcome.errors.contains("models/\(name): ")) }
        let shown = try await machine.run("catalog", "export").json()["models"]?.arrayValue ?? []
        #expect(shown.count == 1)
        #expect(shown.first?["addedAt"] == .string("2025-01-02T03:04:05.000Z"))
        #expect(shown.first?["lastAccessed"] == .string("2025-02-03T04:05:06.500Z"))
        #expect(shown.first?["config"]?["architecture"] == .string("llama"))
        #expect(shown.first?["verified"] == .bool(false))
        #expect(try await machine.run("model", "verify").status == 0)
        #expect(try await machine.run("catalog", "verify").status == 0)

        #expect(try await machine.run("catalog", "import", original, "--json").json()["imported"] == .array([]))
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(machine.payloadRequests.isEmpty)
        #expect(try await machine.run("catalog", "import", machine.store.string).status == 66)
    }
    @Test(
        "models that only that store knows are filed under their folders, wherever those are and however they are called"
    )
    func local() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel()
        for name in ["a b", "a#1"] {
            try addOriginal(
                machine, name, #"{"artifact":{"id":"own/a","name":"a","size":1,"path":"/gone","status":"Available"}}"#,
                file: files[0])
        }
        try machine.folder.write([1], to: "original/models/stray/x.gguf")
        let outcome = try await machine.run("catalog", "import", "original")
        #expect(outcome.status == 65, "\(outcome.errors)")
        let folder = machine.folder.path.appending("original/models")
        #expect(outcome.output == "file:\(folder)/a%20b\nfile:\(folder)/a%231\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("models/stray: it has no metadata.json"))
        for id in outcome.output.split(separator: "\n") {
            #expect(try await machine.run("model", "path", String(id)).status == 0)
        }
        let file = try await machine.run("catalog", "import", "original/models/stray/x.gguf")
        #expect(file.status == 66)
        #expect(file.errors.contains("Not a directory"), "\(file.errors)")
    }
}
