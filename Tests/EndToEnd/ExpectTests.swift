import ArtifactTypes
import Foundation
import TestHub
import TestSupport
import Testing

/// A digest that the user gives with `--expect`.
@Suite struct ExpectTests {
    private static let wrong = "sha256:" + String(repeating: "0", count: 64)

    @Test("one that is not what the hub publishes ends with 65 before the first byte, and names both")
    func published() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let digest = try #require(
            try await machine.plannedFiles("org/tiny:Q4_K_M").first?["digest"]?.stringValue)
        machine.hub.forgetRequests()
        let refused = try await machine.run("model", "download", "org/tiny:Q4_K_M", "--expect", Self.wrong)
        #expect(refused.status == 65, "\(refused.errors)")
        #expect(refused.errors.contains("publishes tiny-Q4_K_M.gguf as \(digest), --expect says \(Self.wrong)"))
        #expect(machine.payloadRequests.isEmpty)
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M", "--expect", digest).status == 0)
    }

    @Test("one that only the user knows is fetched once, and blames nobody")
    func unpublished() async throws {
        let machine = try Installation()
        try machine.hub.addModel("org/odd", files: [TestFile("config.json", text: #"{"model_type":"llama"}"#)])
        let refused = try await machine.run("model", "download", "hf:org/odd:config.json", "--expect", Self.wrong)
        #expect(refused.status == 65, "\(refused.errors)")
        #expect(refused.errors.contains("expected was \(Self.wrong)"), "\(refused.errors)")
        #expect(!refused.errors.contains("published was"))
        #expect(!refused.errors.contains("serves"))
        #expect(machine.hub.requests.filter { $0.target.contains("/resolve/") }.count <= 1)
        #expect(try machine.storedFiles() == [])
    }
}
