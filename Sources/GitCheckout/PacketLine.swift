/// One packet of git's wire (gitprotocol-common(5)): four hexadecimal digits of length, and that much less four.
enum Packet: Equatable {
    case data(ArraySlice<UInt8>)
    /// `0000`
    case flush
    /// `0001`
    case delimiter
    /// `0002`
    case responseEnd
}

/// Cuts bytes, as they come, into packets.
struct PacketReader {
    /// The longest packet, its length included.
    static let longest = 65520

    private var buffer: [UInt8] = []
    private var offset = 0

    /// Bytes that are no whole packet yet.
    var pending: Int { buffer.count - offset }

    mutating func append(_ bytes: [UInt8]) {
        if offset > 0 {
            buffer.removeFirst(offset)
            offset = 0
        }
        buffer += bytes
    }

    /// The next packet; nil where more bytes are wanted.
    /// - Throws: `.unavailable` for a length that is none.
    mutating func next() throws(GitError) -> Packet? {
        guard pending >= 4 else { return nil }
        var length = 0
        for byte in buffer[offset..<offset + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw Self.malformed }
            length = length << 4 | digit
        }
        switch length {
        case 0, 1, 2:
            offset += 4
            return length == 0 ? .flush : length == 1 ? .delimiter : .responseEnd
        case 4...Self.longest:
            guard pending >= length else { return nil }
            let data = buffer[offset + 4..<offset + length]
            offset += length
            return .data(data)
        default:
            throw Self.malformed
        }
    }

    private static let malformed = GitError(.unavailable, "the answer is not git's protocol: a malformed packet length")
}

/// Writes packets.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    mutating func line(_ text: String) {
        let digits = String(text.utf8.count + 4, radix: 16)
        bytes += Array((String(repeating: "0", count: 4 - digits.count) + digits + text).utf8)
    }

    mutating func flush() { bytes += Array("0000".utf8) }
    mutating func delimiter() { bytes += Array("0001".utf8) }
}

extension ArraySlice<UInt8> {
    /// A packet's text, without the newline that may end it.
    var line: String { String(decoding: last == UInt8(ascii: "\n") ? dropLast() : self, as: UTF8.self) }
}
