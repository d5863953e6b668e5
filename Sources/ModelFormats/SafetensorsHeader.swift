/// Reads safetensors headers (github.com/huggingface/safetensors#format): a length, and JSON that lists the tensors.
///
/// The JSON is scanned as it is read: a header of any size costs no memory.
enum SafetensorsHeader {
    /// The format's own limit, in bytes.
    private static let headerLimit: UInt64 = 100_000_000

    /// The format has no magic: a length that fits, and a brace.
    static func isLikely(_ reader: inout ByteReader) throws(ModelFormatError) -> Bool {
        reader.rewind()
        guard reader.size >= 10 else { return false }
        let length = try reader.integer(UInt64.self)
        guard length >= 2, length <= headerLimit, length <= reader.remaining else { return false }
        let brace = try reader.byte()
        reader.rewind()
        return brace == UInt8(ascii: "{")
    }

    static func read(_ reader: inout ByteReader) throws(ModelFormatError) -> ModelHeader {
        reader.rewind()
        let length = try reader.integer(UInt64.self)
        guard length <= headerLimit, length <= reader.remaining else {
            throw reader.fail("a header of \(length) bytes", .tooLarge)
        }
        let dataSize = reader.remaining - length
        var scanner = JSONScanner(end: reader.position + length)
        var tally = TypeTally()
        var count = 0
        try scanner.object(&reader) { scanner, reader, key throws(ModelFormatError) in
            if key == "__metadata__" { return try scanner.skipValue(&reader) }
            let tensor = try readTensor(&scanner, &reader, dataSize: dataSize)
            guard tally.add(tensor.type, tensor.elements) else {
                throw reader.fail("tensors of more than 2^63 elements")
            }
            // At most one a byte of the header, which is bounded.
            count += 1
        }
        try scanner.expectOnlySpaces(&reader)
        var header = ModelHeader(format: .safetensors)
        header.parameters = tally.total
        header.tensorCount = count
        header.dataType = tally.dominant
        header.quantization = tally.dominant
        return header
    }

    private static func readTensor(
        _ scanner: inout JSONScanner, _ reader: inout ByteReader, dataSize: UInt64
    ) throws(ModelFormatError) -> (type: String, elements: UInt64) {
        var type: String?
        var elements: UInt64?
        var offsets: [UInt64] = []
        try scanner.object(&reader) { scanner, reader, key throws(ModelFormatError) in
            switch key {
            case "dtype": type = try scanner.string(&reader)
            case "shape":
                var product: UInt64 = 1
                try scanner.integers(&reader) { reader, dimension throws(ModelFormatError) in
                    let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
                    if overflow { throw reader.fail("a tensor with a dimension of \(dimension)") }
                    product = next
                }
                elements = product
            case "data_offsets":
                try scanner.integers(&reader) { reader, offset throws(ModelFormatError) in
                    guard offsets.count < 2 else { throw reader.fail("a tensor with more than two offsets") }
                    offsets.append(offset)
                }
            default: try scanner.skipValue(&reader)
            }
        }
        guard let type, let elements, offsets.count == 2 else {
            throw reader.fail("a tensor without type, shape or offsets")
        }
        guard offsets[0] <= offsets[1], offsets[1] <= dataSize else {
            throw reader.fail("a tensor at \(offsets[0]) to \(offsets[1]), beyond the end of the file")
        }
        if let bits = bitsPerElement[type] {
            let (wanted, overflow) = elements.multipliedReportingOverflow(by: bits)
            let (given, tooLarge) = (offsets[1] - offsets[0]).multipliedReportingOverflow(by: 8)
            guard !overflow, !tooLarge, wanted == given else {
                throw reader.fail("a \(type) tensor of \(elements) elements in \(offsets[1] - offsets[0]) bytes")
            }
        }
        return (type, elements)
    }

    private static let bitsPerElement: [String: UInt64] = [
        "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16,
        "U16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I8": 8, "U8": 8, "BOOL": 8, "F6_E2M3": 6, "F6_E3M2": 6,
        "F4": 4,
    ]
}
