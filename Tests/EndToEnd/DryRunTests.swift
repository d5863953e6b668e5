import ArtifactTypes
import TestHub
import TestSupport
import Testing

@Suite struct DryRunTests {
    @Test("a dry run tells from the beginning of the file alone what a model is, what it takes and whether it fits")
    func facts() async throws {
        let machine = try Installation()
        let file = Installation.gguf("big-Q4_K_M.gguf", .q4KM, megabytes: 20)
        try machine.hub.addModel("org/big", files: [file])

        let planned = try await machine.run("model", "download", "org/big:Q4_K_M", "--dry-run", "--json")
        #expect(planned.status == 0, "\(planned.errors)")
        let plan = try planned.json()
        let facts = try #require(plan["facts"])
        #expect(plan["revision"]?.stringValue?.count == 40)
        #expect(facts["architecture"] == .string("llama"))
        #expect(facts["quantization"] == .string("Q4_K_M"))
        #expect(facts["contextLength"] == .integer(2048))
        #expect((facts["parameters"]?.integerValue ?? 0) > 1_000_000)
        #expect(facts["size"] == .integer(file.body.size))
        #expect(facts["present"] == .integer(0))
        // One layer, four heads of 64 elements, a key and a value of 2 bytes each, 2,048 tokens, and 512 MiB.
        let estimate = facts["memory"]?.arrayValue?.first
        #expect(estimate?["context"] == .integer(2048))
        #expect(estimate?["bytes"] == .integer(file.body.size + 2048 * 4 * 2 * 128 + 536_870_912))
        #expect(estimate?["fits"] == .bool(true))
        #expect((facts["machineMemory"]?.integerValue ?? 0) > 0)
        #expect(machine.hub.payloadBytes < file.body.size / 2)

        let text = try await machine.run("model", "download", "org/big:Q4_K_M", "--dry-run")
        #expect(text.output.contains("llama"))
        #expect(text.output.contains("context of 2048 tokens"))

        #expect(try await machine.run("model", "download", "org/big:Q4_K_M").status == 0)
        machine.hub.forgetRequests()
        let offline = try await machine.run("model", "download", "org/big:Q4_K_M", "--dry-run", "--offline", "--json")
        #expect(try offline.json()["facts"]?["present"] == .integer(file.body.size))
        #expect(try offline.json()["facts"]?["architecture"] == .string("llama"))
        #expect(machine.hub.requests.isEmpty)
    }

    @Test("a file whose header cannot be read is planned all the same, with a word on it")
    func broken() async throws {
        let machine = try Installation()
        let bytes = Array("GGUF".utf8) + [UInt8](repeating: 0xFF, count: 4096)
        try machine.hub.addModel("org/odd", files: [TestFile("odd-Q8_0.gguf", .bytes(bytes))])
        let planned = try await machine.run("model", "download", "org/odd", "--dry-run")
        #expect(planned.status == 0, "\(planned.errors)")
        #expect(planned.output.contains("odd-Q8_0.gguf"))
        #expect(planned.errors.contains("header"))
    }
}
