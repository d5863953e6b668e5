import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What `model verify --repair` makes good of what is gone.
@Suite struct RepairTests {
    private static let id = "hf:org/tiny:Q4_K_M"

    private func remove(_ folder: String, of machine: Installation) throws {
        let path = machine.store.appending(folder)
        for name in try FileManager.default.contentsOfDirectory(atPath: path.string) {
            try FileManager.default.removeItem(atPath: path.appending(name).string)
        }
    }

    @Test("a model whose folder is gone is repaired from its blobs, or fetched again", arguments: [true, false])
    func lostFolder(keepsBlobs: Bool) async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", Self.id).status == 0)
        try remove("models", of: machine)
        if !keepsBlobs { try remove("blobs", of: machine) }
        let found = try await machine.run("model", "verify")
        #expect(found.status == 65, "\(found.errors)")
        #expect(found.output == "\(Self.id)  tiny-Q4_K_M.gguf  missing\n")

        machine.hub.forgetRequests()
        let repaired = try await machine.run("model", "verify", "--repair")
        #expect(repaired.status == 0, "\(repaired.output) \(repaired.errors)")
        #expect(repaired.output == "\(Self.id)  tiny-Q4_K_M.gguf  missing, repaired\n")
        #expect(machine.payloadRequests.isEmpty == keepsBlobs)
        #expect(try await machine.run("model", "verify").status == 0)
        #expect(try await machine.run("catalog", "verify").status == 0)
        let again = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(again.errors.contains("is here already"), "\(again.errors)")
    }

    @Test("a file whose own source is gone is repaired with what another model of the same content came from")
    func otherSource() async throws {
        let machine = try Installation()
        let bytes = GGUFWriter.sized(megabytes: 1, quantization: .q4KM, name: "Tiny", seed: 1).bytes()
        let first = try machine.folder.write(bytes, to: "a/first.gguf")
        try machine.folder.write(bytes, to: "b/second.gguf")
        for path in ["a/first.gguf", "b/second.gguf"] {
            #expect(try await machine.run("model", "import", path).status == 0)
        }
        let stored = try await machine.run("model", "path", "file:\(first)").output.trimmingCharacters(in: .newlines)
        chmod(stored, 0o600)
        try FileHandle(forUpdating: URL(fileURLWithPath: stored)).truncate(atOffset: 100)
        try FileManager.default.removeItem(atPath: first.string)
        let repaired = try await machine.run("model", "verify", "--repair")
        #expect(repaired.status == 0, "\(repaired.output) \(repaired.errors)")
        #expect(repaired.errors.contains("is mended with second.gguf"))
        #expect(try await machine.run("model", "verify").status == 0)
    }
}
