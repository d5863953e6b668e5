import ModelFormats
import TestHub
import Testing

@Suite("headers of files of which only the beginning is here")
struct HeaderBeginningTests {
    @Test("the header alone tells what the whole file tells; a shorter beginning asks for more")
    func beginning() throws {
        let writer = GGUFWriter(contextLength: 4096, blockCount: 3, vocabularySize: 5000)
        let header = writer.header()
        let size = Int64(writer.bytes().count)
        let read = try #require(try ModelHeader.read(beginning: header, size: size, name: "m.gguf"))
        #expect(read.parameters == Int64(writer.parameters))
        #expect(read.contextLength == 4096)
        for count in [5, 100, header.count / 2, header.count - 64] {
            let error = #expect(throws: ModelFormatError.self) {
                try ModelHeader.read(beginning: Array(header.prefix(count)), size: size, name: "m.gguf")
            }
            #expect(error?.code == .incomplete, "\(count) bytes")
        }
        // Where the whole file is that short, it is malformed.
        let cut = #expect(throws: ModelFormatError.self) {
            try ModelHeader.read(beginning: Array(header.prefix(100)), size: 100, name: "m.gguf")
        }
        #expect(cut?.code != .incomplete)
    }

    @Test("a token takes a key and a value of 16 bits an element in each layer and head that keeps them")
    func cache() throws {
        // Llama 3 8B: 32 layers, 8 heads of 128 elements.
        let llama = AttentionSizes(layers: 32, embedding: 4096, heads: 32, keyHeads: 8)
        #expect(llama.cacheBytesPerToken == 131_072)
        let explicit = AttentionSizes(layers: 1, heads: 2, keyLength: 3, valueLength: 5)
        #expect(explicit.cacheBytesPerToken == 32)
        #expect(AttentionSizes(layers: 32, heads: 32).cacheBytesPerToken == nil)
        #expect(AttentionSizes(layers: .max, embedding: .max, heads: 1).cacheBytesPerToken == nil)
        #expect(AttentionSizes(layers: 1, embedding: 1, heads: 0).cacheBytesPerToken == nil)
        let header = try #require(
            try ModelHeader.read(beginning: GGUFWriter(blockCount: 3).bytes(), size: 0, name: "m.gguf"))
        #expect(header.attention.cacheBytesPerToken == 3072)
    }
}
