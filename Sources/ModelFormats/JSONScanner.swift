/// The little of JSON that a safetensors header is made of, pulled from a reader: objects, strings, arrays of integers.
struct JSONScanner {
    /// Where the JSON ends, as a position of the reader.
    let end: UInt64

    /// Names of tensors are paths of a module tree; a kibibyte is several times the longest.
    private static let stringLimit = 4096
    private static let depthLimit = 64

    private func next(_ reader: inout ByteReader) throws(ModelFormatError) -> UInt8 {
        guard reader.position < end else { throw reader.fail("its JSON ends too early") }
        return try reader.byte()
    }

    /// The next byte that is not a space.
    private func token(_ reader: inout ByteReader) throws(ModelFormatError) -> UInt8 {
        while true {
            let byte = try next(&reader)
            if !Self.isSpace(byte) { return byte }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 13 || byte == 9 }

    private func expect(_ character: Unicode.Scalar, _ reader: inout ByteReader) throws(ModelFormatError) {
        let byte = try token(&reader)
        guard byte == UInt8(ascii: character) else { throw reader.fail("its JSON has no \(character) where it must") }
    }

    func expectOnlySpaces(_ reader: inout ByteReader) throws(ModelFormatError) {
        while reader.position < end {
            // The writer pads with spaces; others were seen to pad with NUL.
            let byte = try reader.byte()
            guard Self.isSpace(byte) || byte == 0 else { throw reader.fail("something follows its JSON") }
        }
    }

    /// Calls `member` with each key; it must take the value.
    mutating func object(
        _ reader: inout ByteReader,
        _ member: (inout JSONScanner, inout ByteReader, String) throws(ModelFormatError) -> Void
    ) throws(ModelFormatError) {
        try expect("{", &reader)
        var byte = try token(&reader)
        if byte == UInt8(ascii: "}") { return }
        while true {
            guard byte == UInt8(ascii: "\"") else { throw reader.fail("its JSON has no key where one must be") }
            let key = try stringAfterQuote(&reader)
            try expect(":", &reader)
            try member(&self, &reader, key)
            byte = try token(&reader)
            if byte == UInt8(ascii: "}") { return }
            guard byte == UInt8(ascii: ",") else { throw reader.fail("its JSON has no comma where one must be") }
            byte = try token(&reader)
        }
    }

    func string(_ reader: inout ByteReader) throws(ModelFormatError) -> String {
        try expect("\"", &reader)
        return try stringAfterQuote(&reader)
    }

    /// An escape is kept as it is written: names are counted here and never used.
    private func stringAfterQuote(_ reader: inout ByteReader) throws(ModelFormatError) -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try next(&reader)
            if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
            guard bytes.count < Self.stringLimit else { throw reader.fail("a name too long", .tooLarge) }
            bytes.append(byte)
            if byte == UInt8(ascii: "\\") { bytes.append(try next(&reader)) }
        }
    }

    private func skipString(_ reader: inout ByteReader) throws(ModelFormatError) {
        while true {
            let byte = try next(&reader)
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") { _ = try next(&reader) }
        }
    }

    /// An array of integers that are not negative.
    func integers(
        _ reader: inout ByteReader, _ take: (inout ByteReader, UInt64) throws(ModelFormatError) -> Void
    ) throws(ModelFormatError) {
        try expect("[", &reader)
        var byte = try token(&reader)
        if byte == UInt8(ascii: "]") { return }
        while true {
            var value: UInt64 = 0
            var digits = 0
            while byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, beyond) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                guard !overflow, !beyond else { throw reader.fail("a number beyond 64 bits") }
                value = sum
                digits += 1
                byte = try next(&reader)
            }
            guard digits > 0 else { throw reader.fail("its JSON has no integer where one must be") }
            try take(&reader, value)
            if Self.isSpace(byte) { byte = try token(&reader) }
            if byte == UInt8(ascii: "]") { return }
            guard byte == UInt8(ascii: ",") else { throw reader.fail("its JSON has no comma where one must be") }
            byte = try token(&reader)
        }
    }

    /// Skips any value by counting brackets, without recursion.
    func skipValue(_ reader: inout ByteReader) throws(ModelFormatError) {
        var depth = 0
        repeat {
            let byte = try token(&reader)
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= Self.depthLimit else { throw reader.fail("its JSON is nested too deep", .tooLarge) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw reader.fail("its JSON has no value where one must be") }
            case UInt8(ascii: "\""):
                try skipString(&reader)
            default:
                if depth == 0 { return try skipLiteral(&reader) }
            }
        } while depth > 0
    }

    /// Takes the rest of a number, `true`, `false` or `null`: what is not followed by these is noticed by the caller.
    private func skipLiteral(_ reader: inout ByteReader) throws(ModelFormatError) {
        while reader.position < end {
            let byte = try reader.peek()
            let isPart =
                byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || byte == UInt8(ascii: "E")
            guard isPart else { return }
            _ = try reader.byte()
        }
    }
}
