import ArtifactTypes
import Foundation
import SystemPackage
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

    @Test("what a folder of this machine has is not to be fetched, nor what an interrupted download has left")
    func present() async throws {
        let machine = try Installation()
        let file = Installation.gguf("big-Q4_K_M.gguf", .q4KM, megabytes: 24)
        guard case .bytes(let bytes) = file.body else { throw Errno.invalidArgument }
        try machine.folder.write(bytes, to: "big.gguf")
        let local = try await machine.run(
            "model", "download", "file:\(machine.folder.path)/big.gguf", "--dry-run", "--json")
        let facts = try #require(try local.json()["facts"], "\(local.errors)")
        #expect(facts["copied"] == .integer(file.body.size))
        #expect(facts["present"] == .integer(file.body.size))
        #expect(facts["architecture"] == .string("llama"))

        try machine.hub.addModel("org/big", files: [file])
        // More than sockets hold, so that the program has some of it.
        machine.hub.setFault(Fault(.stall(after: 16 << 20), times: 1), on: "/cdn/")
        let program = try machine.start(["model", "download", "org/big:Q4_K_M"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        program.send(SIGINT)
        _ = try await program.outcome()
        machine.hub.releaseStalls()
        let text = try await machine.run("model", "download", "org/big:Q4_K_M", "--dry-run")
        #expect(text.output.contains("of an interrupted download"), "\(text.output)")
        let planned = try await machine.run("model", "download", "org/big:Q4_K_M", "--dry-run", "--json").json()
        #expect((planned["facts"]?["begun"]?.integerValue ?? 0) > 0)
        let resumed = try await machine.run("model", "download", "org/big:Q4_K_M")
        #expect(resumed.status == 0)
        #expect(resumed.errors.contains("of it fetched before"), "\(resumed.errors)")
    }

    @Test("a dry run tells whether the model fits the GPUs of this machine; one whose tool fails tells nothing of them")
    func graphics() async throws {
        let machine = try Installation()
        try machine.hub.addModel("org/big", files: [Installation.gguf("big-Q4_K_M.gguf", .q4KM, megabytes: 20)])
        let tool = try machine.folder.write(
            "#!/bin/sh\necho 'NVIDIA Test, 8192, 4096'\necho 'NVIDIA Small, 512, 400'\n".utf8, to: "bin/nvidia-smi")
        #expect(chmod(tool.string, 0o755) == 0)
        let path = ["PATH": "\(tool.removingLastComponent()):/usr/bin:/bin"]
        let planned = try await machine.run(
            "model", "download", "org/big", "--dry-run", "--json", environment: path)
        let facts = try #require(try planned.json()["facts"], "\(planned.errors)")
        #expect(facts["gpus"]?.arrayValue?.first?["name"] == .string("NVIDIA Test"))
        #expect(facts["gpus"]?.arrayValue?.first?["free"] == .integer(4096 << 20))
        #expect(facts["memory"]?.arrayValue?.first?["gpu"] == .string("one"))
        let text = try await machine.run("model", "download", "org/big", "--dry-run", environment: path)
        #expect(text.output.contains("gpu     NVIDIA Test, 4.3 GB free of 8.6 GB"), "\(text.output)")
        #expect(text.output.contains("fits on a GPU"))

        _ = try machine.folder.write("#!/bin/sh\necho 'no driver' >&2; exit 9\n".utf8, to: "bin/nvidia-smi")
        let without = try await machine.run(
            "model", "download", "org/big", "--dry-run", "--json", environment: path)
        #expect(try without.json()["facts"]?["gpus"] == .array([]), "\(without.errors)")
    }

    @Test("a safetensors repository tells by its shards' headers and its config.json")
    func safetensors() async throws {
        let machine = try Installation()
        func shard(_ name: String) -> [UInt8] {
            let header = Array("{\"\(name)\":{\"dtype\":\"BF16\",\"shape\":[100,10],\"data_offsets\":[0,2000]}}".utf8)
            let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
            return length + header + [UInt8](repeating: 0, count: 2000)
        }
        let config = """
            {"model_type":"qwen3","max_position_embeddings":32768,"num_hidden_layers":2,"hidden_size":64,
            "num_attention_heads":4,"num_key_value_heads":2,"head_dim":32}
            """
        try machine.hub.addModel(
            "org/safe",
            files: [
                TestFile("config.json", text: config),
                TestFile("model-00001-of-00002.safetensors", .bytes(shard("a"))),
                TestFile("model-00002-of-00002.safetensors", .bytes(shard("b"))),
            ])
        let planned = try await machine.run("model", "download", "org/safe", "--dry-run", "--json")
        let facts = try #require(try planned.json()["facts"], "\(planned.errors)")
        #expect(facts["architecture"] == .string("qwen3"))
        #expect(facts["parameters"] == .integer(2000))
        #expect(facts["quantization"] == .string("BF16"))
        #expect(facts["contextLength"] == .integer(32768))
        let weights = Int64(2 * shard("a").count)
        // Two layers, two heads of 32 elements, a key and a value of 2 bytes each.
        let expected = [4096, 32768].map { context in JSONValue.integer(weights + context * 512 + 536_870_912) }
        #expect(facts["memory"]?.arrayValue?.compactMap { $0["bytes"] } == expected)
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
