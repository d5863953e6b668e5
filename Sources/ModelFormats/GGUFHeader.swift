/// Reads GGUF headers, versions 2 and 3 (github.com/ggml-org/ggml/blob/master/docs/gguf.md).
enum GGUFHeader {
    // Real files have up to about 60 keys and 2,000 tensors; these limits leave room and bound the time.
    private static let keyLimit: UInt64 = 1 << 16
    private static let tensorLimit: UInt64 = 1 << 18
    private static let nameLimit: UInt64 = 1 << 16
    private static let dimensionLimit: UInt32 = 4
    private static let nestingLimit = 4

    /// The reader stands behind the magic.
    static func read(_ reader: inout ByteReader) throws(ModelFormatError) -> ModelHeader {
        let version = try reader.integer(UInt32.self)
        guard version == 2 || version == 3 else {
            if version.byteSwapped <= 3 { throw reader.fail("GGUF in big-endian byte order", .unsupported) }
            throw reader.fail("GGUF version \(version); 2 and 3 are read", .unsupported)
        }
        let tensorCount = try reader.integer(UInt64.self)
        let keyCount = try reader.integer(UInt64.self)
        // The least that one takes: key length, type and a byte; name length, dimensions, type and offset.
        guard keyCount <= keyLimit, keyCount <= reader.remaining / 13 else {
            throw reader.fail("says that it has \(keyCount) metadata keys, more than fit in it", .tooLarge)
        }
        guard tensorCount <= tensorLimit, tensorCount <= reader.remaining / 24 else {
            throw reader.fail("says that it has \(tensorCount) tensors, more than fit in it", .tooLarge)
        }
        var metadata = Metadata()
        for _ in 0..<keyCount { try readPair(&reader, into: &metadata) }
        return try readTensors(&reader, count: Int(tensorCount), metadata)
    }

    /// The few values that are asked for.
    private struct Metadata {
        var texts: [String: String] = [:]
        var numbers: [String: UInt64] = [:]

        func number(_ key: String) -> Int64? { numbers[key].flatMap { Int64(exactly: $0) } }

        private static let suffixes = [
            ".context_length", ".block_count", ".embedding_length", ".attention.head_count",
            ".attention.head_count_kv", ".attention.key_length", ".attention.value_length",
        ]

        static func isWanted(_ key: String) -> Bool {
            switch key {
            case "general.architecture", "general.name", "general.type", "general.file_type", "general.alignment",
                "split.count":
                true
            default: suffixes.contains(where: key.hasSuffix)
            }
        }
    }

    private static func readPair(_ reader: inout ByteReader, into metadata: inout Metadata) throws(ModelFormatError) {
        let length = try reader.integer(UInt64.self)
        guard length <= nameLimit else { throw reader.fail("a key of \(length) bytes", .tooLarge) }
        let key = String(decoding: try reader.bytes(Int(length)), as: UTF8.self)
        let type = try valueType(&reader)
        // As many as any file has, so that keys ending alike cannot fill the memory.
        guard Metadata.isWanted(key), metadata.texts.count + metadata.numbers.count < 256 else {
            return try skip(type, &reader)
        }
        switch type {
        case .string:
            let length = try reader.integer(UInt64.self)
            guard length <= nameLimit else { return try reader.skip(length) }
            metadata.texts[key] = String(decoding: try reader.bytes(Int(length)), as: UTF8.self)
        case .uint8: metadata.numbers[key] = UInt64(try reader.integer(UInt8.self))
        case .uint16: metadata.numbers[key] = UInt64(try reader.integer(UInt16.self))
        case .uint32: metadata.numbers[key] = UInt64(try reader.integer(UInt32.self))
        case .uint64: metadata.numbers[key] = try reader.integer(UInt64.self)
        case .int32: metadata.numbers[key] = UInt64(exactly: try reader.integer(Int32.self))
        case .int64: metadata.numbers[key] = UInt64(exactly: try reader.integer(Int64.self))
        default: try skip(type, &reader)
        }
    }

    private static func readTensors(
        _ reader: inout ByteReader, count: Int, _ metadata: Metadata
    ) throws(ModelFormatError) -> ModelHeader {
        let alignment = metadata.numbers["general.alignment"] ?? 32
        guard alignment > 0, alignment <= 1 << 30, alignment & (alignment - 1) == 0 else {
            throw reader.fail("an alignment of \(alignment), which is no power of two")
        }
        var tally = TypeTally()
        // Where the last tensor ends, from where tensors begin.
        var dataEnd: UInt64 = 0
        for _ in 0..<count {
            let tensor = try readTensor(&reader, alignment: alignment)
            guard tally.add(tensor.type, tensor.elements) else {
                throw reader.fail("tensors of more than 2^63 elements")
            }
            dataEnd = max(dataEnd, tensor.end)
        }
        let padding = (alignment - reader.position % alignment) % alignment
        guard dataEnd == 0 || (padding <= reader.remaining && dataEnd <= reader.remaining - padding) else {
            throw reader.fail("its tensors end beyond the end of the file")
        }
        var header = ModelHeader(format: .gguf)
        header.architecture = metadata.texts["general.architecture"]
        header.name = metadata.texts["general.name"]
        header.isProjector = metadata.texts["general.type"] == "mmproj" || header.architecture == "clip"
        header.parameters = tally.total
        header.tensorCount = count
        header.dataType = tally.dominant
        header.quantization = metadata.numbers["general.file_type"].flatMap(GGMLType.fileTypeName) ?? tally.dominant
        header.shardCount = metadata.number("split.count")
        if let architecture = header.architecture {
            header.contextLength = metadata.number("\(architecture).context_length")
            header.blockCount = metadata.number("\(architecture).block_count")
            header.attention = AttentionSizes(
                layers: header.blockCount, embedding: metadata.number("\(architecture).embedding_length"),
                heads: metadata.number("\(architecture).attention.head_count"),
                keyHeads: metadata.number("\(architecture).attention.head_count_kv"),
                keyLength: metadata.number("\(architecture).attention.key_length"),
                valueLength: metadata.number("\(architecture).attention.value_length"))
        }
        return header
    }

    private static func readTensor(
        _ reader: inout ByteReader, alignment: UInt64
    ) throws(ModelFormatError) -> (type: String, elements: UInt64, end: UInt64) {
        let length = try reader.integer(UInt64.self)
        guard length <= nameLimit else { throw reader.fail("a tensor's name of \(length) bytes", .tooLarge) }
        try reader.skip(length)
        let dimensions = try reader.integer(UInt32.self)
        guard dimensions <= dimensionLimit else { throw reader.fail("a tensor of \(dimensions) dimensions") }
        var elements: UInt64 = 1
        var row: UInt64 = 1
        for index in 0..<dimensions {
            let dimension = try reader.integer(UInt64.self)
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflow else { throw reader.fail("a tensor with a dimension of \(dimension)") }
            elements = product
            if index == 0 { row = dimension }
        }
        let number = try reader.integer(UInt32.self)
        let offset = try reader.integer(UInt64.self)
        guard offset % alignment == 0 else { throw reader.fail("a tensor at \(offset), which is not aligned") }
        // A type that is newer than this reader still counts; only its size is unknown.
        guard let type = GGMLType(number) else { return ("type \(number)", elements, offset) }
        guard row % type.blockElements == 0 else {
            throw reader.fail("a \(type.name) tensor with rows of \(row) elements")
        }
        let (bytes, tooLarge) = (elements / type.blockElements).multipliedReportingOverflow(by: type.blockBytes)
        let (end, beyond) = offset.addingReportingOverflow(bytes)
        guard !tooLarge, !beyond else { throw reader.fail("a tensor of \(elements) elements at \(offset)") }
        return (type.name, elements, end)
    }
}

// MARK: - Values

extension GGUFHeader {
    private enum ValueType: UInt32 {
        case uint8, int8, uint16, int16, uint32, int32, float32, boolean, string, array, uint64, int64, float64

        /// In bytes; nil for strings and arrays, which say their length.
        var size: UInt64? {
            switch self {
            case .uint8, .int8, .boolean: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64: 8
            case .string, .array: nil
            }
        }
    }

    private static func valueType(_ reader: inout ByteReader) throws(ModelFormatError) -> ValueType {
        let number = try reader.integer(UInt32.self)
        guard let type = ValueType(rawValue: number) else { throw reader.fail("a value of unknown type \(number)") }
        return type
    }

    private static func skip(
        _ type: ValueType, _ reader: inout ByteReader, nesting: Int = 0
    ) throws(ModelFormatError) {
        if let size = type.size { return try reader.skip(size) }
        let length = try type == .string ? reader.integer(UInt64.self) : 0
        if type == .string { return try reader.skip(length) }
        guard nesting < nestingLimit else { throw reader.fail("arrays nested too deep", .tooLarge) }
        let element = try valueType(&reader)
        let count = try reader.integer(UInt64.self)
        if let size = element.size {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { throw reader.fail("an array of \(count) elements", .tooLarge) }
            return try reader.skip(bytes)
        }
        // A string takes 8 bytes at least, an array 12: a count that the file cannot hold ends here, not in a long loop.
        guard count <= reader.remaining / 8 else { throw reader.fail("an array of \(count) elements", .tooLarge) }
        for _ in 0..<count { try skip(element, &reader, nesting: nesting + 1) }
    }
}
