public import SystemPackage

/// What a model file says of itself in its header.
public struct ModelHeader: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, Codable {
        case gguf
        case safetensors
    }

    public var format: Format
    /// GGUF's `general.architecture`, as `llama`; nil for safetensors, whose header has none.
    public var architecture: String?
    /// GGUF's `general.name`.
    public var name: String?
    /// The number of elements of all tensors.
    public var parameters: Int64
    /// The quantization as model names spell it (`Q4_K_M`): by GGUF's file type, else the dominant tensor type.
    public var quantization: String?
    /// The longest context that the model was trained for, in tokens.
    public var contextLength: Int64?
    /// GGUF's number of transformer blocks.
    public var blockCount: Int64?
    /// GGUF's sizes of the attention layers, by which a context takes memory; see `cacheBytesPerToken`.
    public var attention = AttentionSizes()
    public var tensorCount: Int
    /// The type of most elements, as `Q4_K` or `BF16`; nil for a file without tensors.
    public var dataType: String?
    /// How many files the model is split into, by GGUF's `split.count`.
    public var shardCount: Int64?
    /// True for an image or audio encoder that accompanies a model (`mmproj`).
    public var isProjector: Bool

    init(format: Format) {
        self.format = format
        parameters = 0
        tensorCount = 0
        isProjector = false
    }

    /// Reads the header of a GGUF (versions 2 and 3, little endian) or safetensors file.
    ///
    /// Only the header is read, with a buffer of 64 KiB; long arrays are skipped. Every number in it is checked before
    /// it is believed: tensors must lie within the file, products must not overflow.
    /// - Returns: nil for a file of another format.
    /// - Throws: `ModelFormatError` for a header that breaks its format's rules.
    public static func read(_ file: FilePath) throws(ModelFormatError) -> ModelHeader? {
        var reader = try ByteReader(file)
        return try read(&reader)
    }

    /// Reads the header of a file of which only the beginning is here.
    ///
    /// - Parameters:
    ///   - size: of the whole file, in bytes.
    ///   - name: what the file is called in errors.
    /// - Throws: `.incomplete` where more of the file is needed.
    public static func read(
        beginning: [UInt8], size: Int64, name: String
    ) throws(ModelFormatError) -> ModelHeader? {
        var reader = ByteReader(beginning: beginning, size: UInt64(max(0, size)), path: FilePath(name))
        return try read(&reader)
    }

    private static func read(_ reader: inout ByteReader) throws(ModelFormatError) -> ModelHeader? {
        if try reader.starts(with: Array("GGUF".utf8)) {
            return try GGUFHeader.read(&reader)
        }
        if try SafetensorsHeader.isLikely(&reader) {
            return try SafetensorsHeader.read(&reader)
        }
        return nil
    }

    /// The header of a model in several files: what the first says, with the tensors of all.
    /// - Returns: nil where none of them is of a known format.
    public static func read(shards: [FilePath]) throws(ModelFormatError) -> ModelHeader? {
        var parts: [ModelHeader] = []
        for file in shards {
            if let part = try read(file) { parts.append(part) }
        }
        return try combined(parts)
    }

    /// The header of a model from those of its files, in their order; nil for none.
    public static func combined(_ parts: [ModelHeader]) throws(ModelFormatError) -> ModelHeader? {
        var whole: ModelHeader?
        var largest: Int64 = 0
        for part in parts {
            guard var sum = whole else {
                whole = part
                largest = part.parameters
                continue
            }
            let (parameters, overflow) = sum.parameters.addingReportingOverflow(part.parameters)
            if overflow { throw ModelFormatError(.malformed, "the shards' tensors are too large together") }
            sum.parameters = parameters
            sum.tensorCount += part.tensorCount
            // A first shard of metadata alone says little of the type of the weights.
            if part.parameters > largest {
                largest = part.parameters
                sum.dataType = part.dataType
                if sum.quantization == nil || sum.format == .safetensors { sum.quantization = part.quantization }
            }
            whole = sum
        }
        return whole
    }
}

/// Counts elements by tensor type, to find the type of most.
struct TypeTally {
    private var elements: [String: Int64] = [:]
    private(set) var total: Int64 = 0

    /// - Returns: false where the sum overflows.
    mutating func add(_ type: String, _ count: UInt64) -> Bool {
        guard let count = Int64(exactly: count) else { return false }
        let (sum, overflow) = total.addingReportingOverflow(count)
        if overflow { return false }
        total = sum
        // Part of the total, which did not overflow.
        elements[type, default: 0] += count
        return true
    }

    var dominant: String? {
        elements.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}
