import ModelFormats
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("GGUF headers")
struct GGUFHeaderTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func header(_ bytes: [UInt8]) throws -> ModelHeader? {
        try ModelHeader.read(try folder.write(bytes, to: "model.gguf"))
    }

    @Test("a whole model tells architecture, name, parameters, quantization and context")
    func whole() throws {
        let writer = GGUFWriter(name: "Small One", contextLength: 4096, blockCount: 2)
        let header = try #require(try header(writer.bytes()))
        #expect(header.format == .gguf)
        #expect(header.architecture == "llama")
        #expect(header.name == "Small One")
        #expect(header.contextLength == 4096)
        #expect(header.blockCount == 2)
        #expect(header.quantization == "Q4_K_M")
        #expect(header.dataType == "Q4_K")
        #expect(header.parameters == Int64(writer.parameters))
        #expect(header.tensorCount == 3 + 2 * 9)
        #expect(!header.isProjector)
    }

    @Test("each quantization that the writer knows reads back", arguments: GGUFWriter.Quantization.allCases)
    func quantizations(_ quantization: GGUFWriter.Quantization) throws {
        let header = try #require(try header(GGUFWriter(quantization: quantization).bytes()))
        #expect(header.quantization == quantization.rawValue)
    }

    @Test("a vocabulary of 200,000 tokens is skipped, not kept")
    func largeVocabulary() throws {
        let writer = GGUFWriter(quantization: .q40, vocabularySize: 200_000)
        let file = folder.path.appending("large.gguf")
        try writer.write(to: file)
        let started = ContinuousClock.now
        let header = try #require(try ModelHeader.read(file))
        #expect(header.parameters == Int64(writer.parameters))
        #expect(ContinuousClock.now - started < .seconds(20))
    }

    @Test(
        "a file of another format is none, also an empty one",
        arguments: ["", "GGU", "hello, world", "{}", "PK\u{3}\u{4}"])
    func foreign(_ text: String) throws {
        #expect(try header(Array(text.utf8)) == nil)
    }

    @Test("a file that is not there is an error of its own")
    func absent() throws {
        #expect(
            throws: ModelFormatError(
                .io(.noSuchFileOrDirectory), "cannot open /nonexistent: \(Errno.noSuchFileOrDirectory)")
        ) {
            try ModelHeader.read("/nonexistent")
        }
    }

    /// Magic, version, tensor count, key count and whatever follows.
    private func crafted(version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0, _ rest: [UInt8] = []) -> [UInt8] {
        Array("GGUF".utf8) + little(version) + little(tensors) + little(keys) + rest
            + [UInt8](repeating: 0, count: 4096)
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

    private func code(_ bytes: [UInt8]) -> ModelFormatError.Code? {
        do {
            _ = try header(bytes)
            return nil
        } catch {
            return (error as? ModelFormatError)?.code
        }
    }

    @Test("versions and byte orders that are not read are unsupported")
    func versions() {
        #expect(code(crafted(version: 1)) == .unsupported)
        #expect(code(crafted(version: 4)) == .unsupported)
        #expect(code(crafted(version: UInt32(3).byteSwapped)) == .unsupported)
        #expect(code(crafted(version: 2)) == nil)
    }

    @Test("counts that no file holds are refused before anything is read")
    func counts() {
        #expect(code(crafted(tensors: .max)) == .tooLarge)
        #expect(code(crafted(keys: .max)) == .tooLarge)
        #expect(code(crafted(keys: 1 << 60)) == .tooLarge)
        #expect(code(crafted(keys: 1, little(UInt64.max))) == .tooLarge)
        #expect(code(crafted(keys: 1, text("k") + little(UInt32(8)) + little(UInt64.max))) == .malformed)
        let array = text("k") + little(UInt32(9))
        #expect(code(crafted(keys: 1, array + little(UInt32(8)) + little(UInt64.max))) == .tooLarge)
        #expect(code(crafted(keys: 1, array + little(UInt32(10)) + little(UInt64.max))) == .tooLarge)
        #expect(code(crafted(keys: 1, array + little(UInt32(10)) + little(UInt64(1 << 40)))) == .malformed)
        #expect(code(crafted(keys: 1, text("k") + little(UInt32(77)))) == .malformed)
    }

    @Test("arrays in arrays end at a depth")
    func nesting() {
        let level = little(UInt32(9)) + little(UInt64(1))
        let deep = [[UInt8]](repeating: level, count: 100).flatMap { $0 }
        #expect(code(crafted(keys: 1, text("k") + little(UInt32(9)) + deep)) == .tooLarge)
    }

    private func tensor(_ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) -> [UInt8] {
        text("t") + little(UInt32(dimensions.count)) + dimensions.flatMap { little($0) } + little(type) + little(offset)
    }

    @Test("tensors of impossible shape, place or size are malformed")
    func tensors() {
        #expect(code(crafted(tensors: 1, tensor([4, 4]))) == nil)
        #expect(code(crafted(tensors: 1, tensor([0]))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([1 << 40, 1 << 40]))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([1 << 62]))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([1, 1, 1, 1, 1]))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([4], offset: 1 << 40))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([4], offset: .max & ~31))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([4], offset: 7))) == .malformed)
        #expect(code(crafted(tensors: 1, tensor([33], type: 2))) == .malformed)
        #expect(code(crafted(tensors: 2, tensor([.max]) + tensor([.max]))) == .malformed)
        // A type from the future is counted.
        #expect(code(crafted(tensors: 1, tensor([4], type: 9999))) == nil)
    }

    @Test("an alignment that is no power of two is malformed", arguments: [0, 3, UInt32.max])
    func alignment(_ alignment: UInt32) {
        let pair = text("general.alignment") + little(UInt32(4)) + little(alignment)
        #expect(code(crafted(keys: 1, pair)) == .malformed)
    }

    @Test("a model that was cut anywhere in its header or tensors is malformed")
    func truncation() throws {
        let whole = GGUFWriter().bytes()
        for length in stride(from: 8, to: whole.count, by: 997) {
            #expect(code(Array(whole[..<length])) != nil, "cut at \(length)")
        }
    }

    @Test("30,000 damaged headers give a header or a typed error, never a trap")
    func mutations() throws {
        let writer = GGUFWriter(blockCount: 0, vocabularySize: 8)
        let header = writer.header()
        let whole = writer.bytes()
        var generator = SplitMix64(seed: 20)
        let file = folder.path.appending("damaged.gguf")
        let descriptor = try FileDescriptor.open(
            file, .readWrite, options: [.create], permissions: .ownerReadWrite)
        try descriptor.closeAfter {
            try descriptor.writeAll(whole)
            var readable = 0
            var refused = 0
            for _ in 0..<30_000 {
                let places = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    Int.random(in: 4..<header.count, using: &generator)
                }
                for place in places {
                    // Extremes find more than noise does.
                    let value = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)].randomElement(
                        using: &generator)
                    try descriptor.writeAll(toAbsoluteOffset: Int64(place), [try #require(value)])
                }
                do {
                    _ = try ModelHeader.read(file)
                    readable += 1
                } catch {
                    refused += 1
                }
                for place in places { try descriptor.writeAll(toAbsoluteOffset: Int64(place), [whole[place]]) }
            }
            #expect(readable + refused == 30_000)
            #expect(refused > 1_000)
            #expect(try ModelHeader.read(file) != nil)
        }
    }
}
