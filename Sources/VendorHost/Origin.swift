/// Scheme, host and port of an http(s) URL (RFC 6454), by a parser that refuses whatever two parsers might read
/// differently.
struct Origin: Sendable, Hashable, CustomStringConvertible {
    let scheme: String
    let host: String
    let port: Int

    /// Nil for anything but an absolute http or https URL without user-info, in printable ASCII without a backslash.
    init?(of url: String) {
        guard url.utf8.count <= 8192, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        guard let separator = url.firstRange(of: "://") else { return nil }
        scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else { return nil }

        let name: Substring
        let number: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[...end]
            number = authority[authority.index(after: end)...]
            let inside = name.dropFirst().dropLast()
            guard !inside.isEmpty, inside.allSatisfy({ $0.isHexDigit || ":.".contains($0) }) else { return nil }
        } else {
            name = authority.prefix { $0 != ":" }
            number = authority[name.endIndex...]
            guard !name.isEmpty, name.first != "-",
                name.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) })
            else { return nil }
        }
        host = name.lowercased()
        if number.isEmpty {
            port = scheme == "https" ? 443 : 80
        } else {
            guard number.first == ":", number.dropFirst().allSatisfy(\.isNumber),
                let value = UInt16(number.dropFirst()), value > 0
            else { return nil }
            port = Int(value)
        }
    }

    var isDefaultPort: Bool { port == (scheme == "https" ? 443 : 80) }

    var description: String { "\(scheme)://\(host)\(isDefaultPort ? "" : ":\(port)")" }

    /// Whether `text` is nothing more than this origin: no path, query or fragment.
    func isAll(of text: String) -> Bool {
        let plain = "\(scheme)://\(host)"
        return [plain, "\(plain):\(port)", "\(plain)/", "\(plain):\(port)/"].contains(text.lowercased())
    }
}
