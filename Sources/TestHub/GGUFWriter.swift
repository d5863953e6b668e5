public import SystemPackage

/// Writes small GGUF files that are what they claim to be: version 3, little endian, a llama of one or two blocks.
///
/// The header holds the keys that llama.cpp's converter writes; tensors have shapes that fit each other, the type that
/// the quantization names, and offsets at multiples of the alignment.
public struct GGUFWriter: Sendable {
    public enum Quantization: String, Sendable, CaseIterable {
        case f32 = "F32"
        case f16 = "F16"
        case q40 = "Q4_0"
        case q80 = "Q8_0"
        case q4KM = "Q4_K_M"
        case q6K = "Q6_K"

        /// `general.file_type`.
        var fileType: UInt32 {
            switch self {
            case .f32: 0
            case .f16: 1
            case .q40: 2
            case .q80: 7
            case .q4KM: 15
            case .q6K: 18
            }
        }

        /// The type of the weights: its number, and how many bytes hold how many elements.
        var tensorType: (number: UInt32, blockElements: UInt64, blockBytes: UInt64) {
            switch self {
            case .f32: (0, 1, 4)
            case .f16: (1, 1, 2)
            case .q40: (2, 32, 18)
            case .q80: (8, 32, 34)
            case .q4KM: (12, 256, 144)
            case .q6K: (14, 256, 210)
            }
        }
    }

    public var name: String
    public var architecture: String
    public var quantization: Quantization
    public var contextLength: UInt32
    public var blockCount: UInt32
    /// A multiple of 256, which is what the block of a K quantization holds.
    public var embeddingLength: UInt64
    /// Decides the size of the file: the largest tensors have a row for each token.
    public var vocabularySize: UInt64
    public var alignment: UInt64
    public var seed: UInt64

    public init(
        name: String = "Tiny Llama", architecture: String = "llama", quantization: Quantization = .q4KM,
        contextLength: UInt32 = 2048, blockCount: UInt32 = 1, embeddingLength: UInt64 = 256,
        vocabularySize: UInt64 = 64, alignment: UInt64 = 32, seed: UInt64 = 1
    ) {
        self.name = name
        self.architecture = architecture
        self.quantization = quantization
        self.contextLength = contextLength
        self.blockCount = blockCount
        self.embeddingLength = embeddingLength
        self.vocabularySize = vocabularySize
        self.alignment = alignment
        self.seed = seed
    }

    /// A writer whose file has at least so many megabytes (of 1,000,000 bytes), by a vocabulary that is large enough.
    public static func sized(
        megabytes: Int, quantization: Quantization = .q4KM, name: String = "Tiny Llama", seed: UInt64 = 1
    ) -> GGUFWriter {
        var writer = GGUFWriter(name: name, quantization: quantization, seed: seed)
        let type = quantization.tensorType
        // A token costs a row of the embedding and one of the output, and at least 18 bytes in the tokenizer.
        let perToken = 2 * writer.embeddingLength / type.blockElements * type.blockBytes + 18
        let small = UInt64(writer.header().count) + writer.tensorBytes
        let wanted = UInt64(max(0, megabytes)) * 1_000_000
        if wanted > small { writer.vocabularySize += (wanted - small + perToken - 1) / perToken }
        return writer
    }

    struct Tensor {
        let name: String
        let dimensions: [UInt64]
        let type: UInt32
        let bytes: UInt64

        var elements: UInt64 { dimensions.reduce(1, *) }
    }

    var tensors: [Tensor] {
        func weight(_ name: String, _ dimensions: UInt64...) -> Tensor {
            let type = quantization.tensorType
            let elements = dimensions.reduce(1, *)
            return Tensor(
                name: name, dimensions: dimensions, type: type.number,
                bytes: elements / type.blockElements * type.blockBytes)
        }
        func norm(_ name: String) -> Tensor {
            Tensor(name: name, dimensions: [embeddingLength], type: 0, bytes: embeddingLength * 4)
        }
        let width = embeddingLength
        var tensors = [weight("token_embd.weight", width, vocabularySize), norm("output_norm.weight")]
        tensors.append(weight("output.weight", width, vocabularySize))
        for block in 0..<blockCount {
            let prefix = "blk.\(block)."
            tensors.append(norm(prefix + "attn_norm.weight"))
            for part in ["attn_q", "attn_k", "attn_v", "attn_output"] {
                tensors.append(weight("\(prefix)\(part).weight", width, width))
            }
            tensors.append(norm(prefix + "ffn_norm.weight"))
            for part in ["ffn_gate", "ffn_up"] { tensors.append(weight("\(prefix)\(part).weight", width, 2 * width)) }
            tensors.append(weight("\(prefix)ffn_down.weight", 2 * width, width))
        }
        return tensors
    }

    var tensorBytes: UInt64 { tensors.reduce(0) { aligned($0) + $1.bytes } }

    /// The number of elements of all tensors.
    public var parameters: UInt64 { tensors.reduce(0) { $0 + $1.elements } }

    private func aligned(_ offset: UInt64) -> UInt64 { (offset + alignment - 1) / alignment * alignment }
}

extension GGUFWriter {
    /// The header, up to where the tensors' bytes begin.
    public func header() -> [UInt8] {
        var out = GGUFBytes()
        let tensors = tensors
        out.bytes += Array("GGUF".utf8)
        out.add(UInt32(3))
        out.add(UInt64(tensors.count))
        let countPosition = out.bytes.count
        out.add(UInt64(0))
        var pairs: UInt64 = 0
        func pair(_ key: String, _ type: GGUFBytes.ValueType, _ value: (inout GGUFBytes) -> Void) {
            out.add(key)
            out.add(type.rawValue)
            value(&out)
            pairs += 1
        }
        pair("general.architecture", .string) { $0.add(architecture) }
        pair("general.name", .string) { $0.add(name) }
        pair("general.alignment", .uint32) { $0.add(UInt32(alignment)) }
        pair("general.file_type", .uint32) { $0.add(quantization.fileType) }
        pair("general.quantization_version", .uint32) { $0.add(UInt32(2)) }
        pair("\(architecture).context_length", .uint32) { $0.add(contextLength) }
        pair("\(architecture).embedding_length", .uint32) { $0.add(UInt32(embeddingLength)) }
        pair("\(architecture).block_count", .uint32) { $0.add(blockCount) }
        pair("\(architecture).feed_forward_length", .uint32) { $0.add(UInt32(2 * embeddingLength)) }
        pair("\(architecture).attention.head_count", .uint32) { $0.add(UInt32(4)) }
        pair("\(architecture).attention.head_count_kv", .uint32) { $0.add(UInt32(4)) }
        pair("\(architecture).attention.layer_norm_rms_epsilon", .float32) { $0.add(Float(1e-5).bitPattern) }
        pair("\(architecture).rope.dimension_count", .uint32) { $0.add(UInt32(embeddingLength / 4)) }
        pair("\(architecture).vocab_size", .uint32) { $0.add(UInt32(vocabularySize)) }
        pair("tokenizer.ggml.model", .string) { $0.add("llama") }
        pair("tokenizer.ggml.tokens", .array) { out in
            out.startArray(.string, vocabularySize)
            for token in 0..<vocabularySize { out.add(token < 3 ? ["<unk>", "<s>", "</s>"][Int(token)] : "t\(token)") }
        }
        pair("tokenizer.ggml.scores", .array) { out in
            out.startArray(.float32, vocabularySize)
            for token in 0..<vocabularySize { out.add((-Float(token)).bitPattern) }
        }
        pair("tokenizer.ggml.token_type", .array) { out in
            out.startArray(.int32, vocabularySize)
            // 2: unknown, 3: control, 1: normal.
            for token in 0..<vocabularySize { out.add(UInt32(token == 0 ? 2 : token < 3 ? 3 : 1)) }
        }
        pair("tokenizer.ggml.bos_token_id", .uint32) { $0.add(UInt32(1)) }
        pair("tokenizer.ggml.eos_token_id", .uint32) { $0.add(UInt32(2)) }
        withUnsafeBytes(of: pairs.littleEndian) {
            out.bytes.replaceSubrange(countPosition..<countPosition + 8, with: $0)
        }
        var offset: UInt64 = 0
        for tensor in tensors {
            offset = aligned(offset)
            out.add(tensor.name)
            out.add(UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { out.add(dimension) }
            out.add(tensor.type)
            out.add(offset)
            offset += tensor.bytes
        }
        while UInt64(out.bytes.count) % alignment != 0 { out.bytes.append(0) }
        return out.bytes
    }

    /// The whole file in memory.
    public func bytes() -> [UInt8] {
        header() + SyntheticBytes(size: Int64(tensorBytes), seed: seed).bytes(in: 0..<Int64(tensorBytes))
    }

    /// Writes the file a piece at a time.
    public func write(to path: FilePath) throws(TestHubError) {
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o644))
            try file.closeAfter {
                try file.writeAll(header())
                let content = SyntheticBytes(size: Int64(tensorBytes), seed: seed)
                for start in stride(from: 0, to: content.size, by: 4 << 20) {
                    try file.writeAll(content.bytes(in: start..<min(content.size, start + (4 << 20))))
                }
            }
        } catch {
            throw TestHubError("cannot write \(path)", errno: error as? Errno)
        }
    }
}

/// Little-endian numbers and GGUF's strings.
struct GGUFBytes {
    enum ValueType: UInt32 {
        case uint32 = 4
        case int32 = 5
        case float32 = 6
        case string = 8
        case array = 9
    }

    var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    mutating func startArray(_ type: ValueType, _ count: UInt64) {
        add(type.rawValue)
        add(count)
    }
}
