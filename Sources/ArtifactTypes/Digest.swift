/// The digest of a file's content, by strict pattern: `sha256:` and 64 lower-case hexadecimal digits, and so on.
///
/// A digest becomes a file name in the store, so nothing but the pattern may ever be one.
public struct Digest: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512
        /// The id that git gives a blob: SHA-1 over `blob SIZE\0` and the content.
        case gitSHA1 = "git-sha1"

        public var hexLength: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            case .gitSHA1: 40
            }
        }
    }

    public let algorithm: Algorithm
    /// Lower-case hexadecimal digits, exactly as many as the algorithm has.
    public let hex: String

    /// Nil unless `hex` is exactly the algorithm's number of lower-case hexadecimal digits.
    public init?(_ algorithm: Algorithm, hex: String) {
        guard hex.utf8.count == algorithm.hexLength, hex.utf8.allSatisfy(Self.isLowerHex) else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// Parses `ALGORITHM:HEX`; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let algorithm = Algorithm(rawValue: String(text[..<colon])) else {
            return nil
        }
        self.init(algorithm, hex: String(text[text.index(after: colon)...]))
    }

    /// A digest from the bytes that a hash function gave; nil where their number is not the algorithm's.
    public init?(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        for byte in bytes {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        self.init(algorithm, hex: String(decoding: hex, as: UTF8.self))
    }

    public var description: String { "\(algorithm.rawValue):\(hex)" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a digest: \(text.prefix(80))")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
