public import ArtifactTypes

import struct Crypto.SHA256

extension ContentStore {
    /// The longest name that `key(for:)` gives, in bytes. File systems allow 255; prefixes and suffixes want some.
    private static let maximumKeyLength = 200

    /// An injective encoding of any text as a file name.
    ///
    /// - `/` becomes `--`; a `-` beside `-` or `/` becomes `%2D`, so that `a/-b` and `a-/b` differ.
    /// - Every byte outside `[A-Za-z0-9._-]` is percent-encoded, so `%` always stands before two upper-case digits.
    /// - `.`, `..` and the empty text become `%2E`, `%2E%2E` and `%`.
    /// - Beyond 200 bytes the rest is cut off and `%-` and the text's SHA-256 stand for it.
    public static func key(for id: String) -> String {
        if id.isEmpty { return "%" }
        if id == "." || id == ".." { return String(repeating: "%2E", count: id.utf8.count) }
        let bytes = Array(id.utf8)
        var key: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "/"):
                key += "--".utf8
            case UInt8(ascii: "-"):
                let neighbours = [index > 0 ? bytes[index - 1] : 0, index + 1 < bytes.count ? bytes[index + 1] : 0]
                let ambiguous = neighbours.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") }
                if ambiguous { key += "%2D".utf8 } else { key.append(byte) }
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"):
                key.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                key += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        guard key.count > maximumKeyLength else { return String(decoding: key, as: UTF8.self) }
        // `%-` follows from no text, so a cut key never equals a whole one.
        let suffix = "%-" + hexadecimal(SHA256.hash(data: bytes))
        return String(decoding: key.prefix(maximumKeyLength - suffix.utf8.count), as: UTF8.self) + suffix
    }

    /// The name of the partial of a file whose digest is known: every job that wants the content finds it.
    public static func partialName(digest: Digest) -> String {
        "\(digest.algorithm.rawValue)-\(digest.hex)"
    }

    /// The name of the partial of a file without a digest: a hash of where it comes from. The URL's query and
    /// user-info may hold secrets or signatures that change with every request, and do not count.
    public static func partialName(url: String, revision: String) -> String {
        var stable = url.prefix { $0 != "?" && $0 != "#" }
        if let scheme = stable.firstRange(of: "://") {
            let authority = stable[scheme.upperBound...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") { stable.removeSubrange(scheme.upperBound...at) }
        }
        return "url-" + hexadecimal(SHA256.hash(data: Array("\(stable)\n\(revision)".utf8)))
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        digest.map { byte in
            let hex = String(byte, radix: 16)
            return hex.count < 2 ? "0" + hex : hex
        }.joined()
    }
}
