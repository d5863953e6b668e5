import ArtifactTypes
import Provisioning

/// An http or https URL in its parts (RFC 3986, section 3), without user and fragment.
struct WebURL: Sendable, Hashable {
    /// `scheme://host[:port]` in lower case, without the scheme's own port.
    let origin: String
    /// From the first slash, percent-encoded; empty or absolute.
    let path: String
    /// With its question mark; may be a signature, and is a secret for that.
    let query: String

    /// Nil for another scheme, no host, a user, a port that is none, or a broken percent-encoding in the path.
    init?(_ text: String) {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.count).prefix { $0 != "#" }
        let authority = rest.prefix { !"/?\\".contains($0) }.lowercased()
        guard let host = Self.normalized(authority, defaultPort: scheme == "https://" ? ":443" : ":80") else {
            return nil
        }
        origin = scheme + host
        let tail = rest.dropFirst(authority.count)
        path = Self.escapingNonASCII(tail.prefix { $0 != "?" })
        query = Self.escapingNonASCII(tail.dropFirst(tail.prefix { $0 != "?" }.count))
        guard path.isEmpty || path.hasPrefix("/"), Self.decoded(path) != nil else { return nil }
    }

    var description: String { origin + path + query }

    /// The URL without its query: fit for messages.
    var shown: String { (origin + path).visiblyEscaped }

    /// The last component of the path, decoded; nil where the path ends with a slash.
    var fileName: String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let name = Self.decoded(String(path[path.index(after: slash)...])) ?? ""
        return name.isEmpty ? nil : name
    }

    /// Whether a secret sent here can be read on the way.
    var isPlain: Bool { WebOrigin(of: origin)?.isPlain ?? true }

    private static func normalized(_ authority: String, defaultPort: String) -> String? {
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard !host.isEmpty, authority.hasPrefix(host), authority.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !authority.contains(where: { "@%\\\"<>^`{|}".contains($0) })
        else { return nil }
        let port = authority.dropFirst(host.count)
        if port.isEmpty || port == ":" || port == defaultPort { return String(host) }
        guard port.hasPrefix(":"), port.dropFirst().allSatisfy(\.isNumber), let number = UInt16(port.dropFirst()),
            number > 0
        else { return nil }
        return "\(host):\(number)"
    }

    private static func escapingNonASCII(_ text: Substring) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if byte > 0x20, byte < 0x7F {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += escape(byte)
            }
        }
    }

    /// The byte percent-encoded.
    static func escape(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
    }

    /// Nil where a percent sign is followed by other than two digits, or the bytes are no UTF-8.
    static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let high = digits.first.flatMap(hexValue), let low = digits.last.flatMap(hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
    }
}
