/// Scheme, host and port of an http(s) URL (RFC 6454), by a parser that refuses whatever two parsers might read
/// differently.
public struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
    public let scheme: String
    public let host: String
    public let port: Int

    /// Nil for anything but an absolute http or https URL without user-info, in printable ASCII without a backslash.
    public init?(of url: String) {
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

    private var isDefaultPort: Bool { port == (scheme == "https" ? 443 : 80) }

    public var description: String { "\(scheme)://\(authority)" }

    /// `host`, with the port where it is not the scheme's own.
    public var authority: String { isDefaultPort ? host : "\(host):\(port)" }

    /// Whether it is this machine by its name or number (127.0.0.0/8, ::1).
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a secret sent here can be read on the way.
    public var isPlain: Bool { scheme == "http" && !isLoopback }

    /// Whether `text` is nothing more than this origin: no path, query or fragment.
    public func isAll(of text: String) -> Bool {
        let plain = "\(scheme)://\(host)"
        return [plain, "\(plain):\(port)", "\(plain)/", "\(plain):\(port)/"].contains(text.lowercased())
    }
}
