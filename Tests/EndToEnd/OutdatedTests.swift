import ArtifactTypes
import TestHub
import TestSupport
import Testing

@Suite struct OutdatedTests {
    @Test("a model whose branch moved is listed, by one request a model; a pinned one is not asked for")
    func outdated() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel()
        try machine.addTinyModel("org/still")
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M", "org/still:Q8_0").status == 0)
        let entry = try await machine.run("model", "show", "org/tiny:Q4_K_M", "--json").json()
        let stored = try #require(entry["revision"]?.stringValue)
        #expect(try await machine.run("model", "download", "org/tiny@\(stored):Q8_0").status == 0)
        let current = try machine.hub.addModel("org/tiny", files: files + [TestFile("NEWS.md", text: "new\n")])

        machine.hub.forgetRequests()
        let listed = try await machine.run("model", "outdated", "--json")
        #expect(listed.status == 0, "\(listed.errors)")
        let rows = try listed.json().arrayValue ?? []
        #expect(rows.count == 1)
        #expect(rows.first?["id"] == .string("hf:org/tiny:Q4_K_M"))
        #expect(rows.first?["revision"] == .string(stored))
        #expect(rows.first?["currentRevision"] == .string(current))
        #expect(machine.hub.requests.count == 2)

        #expect(try await machine.run("model", "outdated").output.contains(current))
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        let none = try await machine.run("model", "outdated", "--json")
        #expect(none.output == "[]\n")
        #expect(none.status == 0)

        machine.hub.stop()
        let unreachable = try await machine.run("model", "outdated")
        #expect(unreachable.status == 69)
        #expect(unreachable.errors.contains("hf:org/tiny:Q4_K_M"))
    }
}
