extension ArtifactReference {
    /// The ports that a scheme has without being told. A registry is asked by https.
    private static let defaultPorts = [
        "http": 80, "https": 443, "oci": 443, "git+http": 80, "git+https": 443, "git+ssh": 22,
    ]

    /// `url` in the one spelling that its scheme and authority have (RFC 3986, 6.2.2.1 and 6.2.3): lower case, without
    /// the scheme's own port, and without the dot that ends a host's full name. Its path is left as it is.
    ///
    /// A text without `://` has no authority and comes back unchanged.
    package static func normalizingAuthority(of url: String, keepingUser: Bool = true) -> String {
        guard let separator = url.firstRange(of: "://") else { return url }
        let scheme = url[..<separator.lowerBound].lowercased()
        let rest = url[separator.upperBound...]
        let authority = rest.prefix { !"/?#\\".contains($0) }
        let start = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        let server = authority[start...]
        let name: Substring
        if server.hasPrefix("["), let bracket = server.firstIndex(of: "]") {
            name = server[...bracket]
        } else {
            name = server.prefix { $0 != ":" }
        }
        var host = name.lowercased()
        while host.hasSuffix(".") { host.removeLast() }
        var port = String(server[name.endIndex...])
        let digits = port.dropFirst()
        if digits.isEmpty {
            port = ""
        } else if digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits) {
            port = number == defaultPorts[scheme] ? "" : ":\(number)"
        }
        return "\(scheme)://\(keepingUser ? authority[..<start] : "")\(host)\(port)\(rest[authority.endIndex...])"
    }
}
