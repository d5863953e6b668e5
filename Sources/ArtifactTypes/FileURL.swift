/// Absolute paths as `file:` URLs and back (RFC 8089), in the one spelling that references have: `file:/path`.
public enum FileURL {
    /// `path` with everything percent-encoded that could mean something else in a reference.
    public static func text(of path: String) -> String {
        path.utf8.reduce(into: "file:") { text, byte in
            if isPlain(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                text += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
    }

    /// The decoded path of `file:/path`, `file:///path` or `file://localhost/path`.
    ///
    /// Nil for another scheme, another host, a relative path, a component `..`, a NUL, a broken percent-encoding or
    /// bytes that are no UTF-8.
    public static func path(of url: String) -> String? {
        guard let colon = url.firstIndex(of: ":"), url[..<colon].lowercased() == "file" else { return nil }
        var rest = url[url.index(after: colon)...]
        if rest.hasPrefix("//") {
            let authority = rest.dropFirst(2).prefix { $0 != "/" }
            guard authority.isEmpty || authority.lowercased() == "localhost" else { return nil }
            rest = rest.dropFirst(2 + authority.count)
        }
        guard rest.hasPrefix("/"), let path = decoded(rest), !path.utf8.contains(0) else { return nil }
        return path.split(separator: "/").contains("..") ? nil : path
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "/", "-", ".", "_", "~", "+", ",", "=", "@", ":": true
        default: false
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        guard digit < 0x80 else { return nil }
        return Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
    }
}
