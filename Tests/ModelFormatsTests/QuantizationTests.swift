import ModelFormats
import Testing

@Suite("names of quantizations and shards")
struct QuantizationTests {
    @Test(
        "a file's or folder's name tells the quantization",
        arguments: [
            ("tiny-Q4_K_M.gguf", "Q4_K_M"), ("tiny-q4_k_m.gguf", "Q4_K_M"), ("tiny.Q8_0.gguf", "Q8_0"),
            ("Qwen3-8B-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"), ("gemma-IQ2_XS.gguf", "IQ2_XS"), ("m-IQ4_NL.gguf", "IQ4_NL"),
            ("ggml-model-f16.gguf", "F16"), ("m-BF16.gguf", "BF16"), ("gpt-oss-20b-mxfp4.gguf", "MXFP4"),
            ("m-TQ1_0.gguf", "TQ1_0"), ("m-Q6_K-00001-of-00002.gguf", "Q6_K"), ("m_7b_Q5_1.gguf", "Q5_1"),
            ("Q3_K_S/m-00001-of-00003.gguf", "Q3_K_S"), ("UD-IQ1_M/m.gguf", "UD-IQ1_M"), ("m-fp16.gguf", "F16"),
            ("Q8_0/m-Q4_0.gguf", "Q4_0"), ("m-Q2_K_L.gguf", "Q2_K_L"),
        ])
    func parses(_ path: String, _ expected: String) {
        #expect(Quantization.parse(path)?.description == expected)
    }

    @Test("other names tell none", arguments: ["tiny.gguf", "Q4_chat.gguf", "Q9_K.gguf", "", "/", "q.gguf", "IQ.gguf"])
    func none(_ path: String) {
        #expect(Quantization.parse(path) == nil)
    }

    @Test("a plain selector finds the dynamic variant, not the other way round")
    func matching() {
        let dynamic = Quantization.parse("m-UD-Q4_K_XL.gguf")
        let plain = Quantization.parse("m-Q4_K_M.gguf")
        #expect(dynamic?.matches(selector: "q4_k_xl") == true)
        #expect(dynamic?.matches(selector: "ud-q4_k_xl") == true)
        #expect(plain?.matches(selector: "UD-Q4_K_M") == false)
    }

    @Test("shards know their set")
    func shards() throws {
        let shard = try #require(ShardName("sub/m-Q4_K_M-00002-of-00003.gguf"))
        #expect(shard.stem == "sub/m-Q4_K_M")
        #expect((shard.index, shard.count) == (2, 3))
        #expect(shard.path(index: 3) == "sub/m-Q4_K_M-00003-of-00003.gguf")
        for other in [
            "m.gguf", "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-1-of-3.gguf", "m-00001-of-0000x.gguf",
        ] {
            #expect(ShardName(other) == nil)
        }
    }
}
