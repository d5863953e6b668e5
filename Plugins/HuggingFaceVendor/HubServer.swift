import ArtifactTypes
import Provisioning

/// A server that speaks the hub's read API: the endpoint or a mirror.
struct HubServer: Sendable {
    /// `scheme://host[:port][/prefix]`, without a slash at the end.
    let url: String
    /// `scheme://host[:port]` in lower case, without the scheme's own port.
    let origin: String
    let token: SecretSource?
    let caFile: String?

    /// - Throws: `.configuration` for anything but a plain http or https URL.
    init(url text: String, token: SecretSource?, caFile: String?) throws(ProvisionError) {
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        guard let origin = Self.origin(of: url), !url.contains(where: { "?# \\@".contains($0) }),
            !url.unicodeScalars.contains(where: \.isControlOrInvisible)
        else {
            // What stands before an "@" may be a password.
            let shown = text.contains("@") ? "the endpoint or mirror" : "\"\(text.visiblyEscaped.prefix(200))\""
            throw ProvisionError(
                .configuration, "\(shown) is not the URL of a hub",
                remedy: "write https://HOST, without user, query or fragment")
        }
        self.url = url
        self.origin = origin
        self.token = token
        self.caFile = caFile
    }

    /// Whether a secret sent here can be read on the way.
    var isPlain: Bool {
        guard origin.hasPrefix("http://") else { return false }
        let authority = origin.dropFirst("http://".count)
        if authority.hasPrefix("[") { return !authority.hasPrefix("[::1]") }
        let host = authority.prefix { $0 != ":" }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopback = octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
        return host != "localhost" && !isLoopback
    }

    /// The origin of an http or https URL (RFC 6454, section 4); nil for any other text.
    static func origin(of url: String) -> String? {
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")] where url.lowercased().hasPrefix(scheme) {
            var authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }.lowercased()
            if authority.hasSuffix(port) { authority.removeLast(port.count) }
            let host = authority.first == "[" ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
            guard !host.isEmpty, !authority.contains("@") else { return nil }
            return scheme + authority
        }
        return nil
    }
}

// MARK: - The API's paths

extension HubServer {
    /// `/api/models/ID/revision/REV`: the commit and what the hub says of the model.
    func modelURL(_ id: RepositoryID, revision: String) -> String {
        "\(url)/api/models/\(id)/revision/\(escaped(revision, keepingSlashes: false))"
    }

    func treeURL(_ id: RepositoryID, commit: String) -> String {
        "\(url)/api/models/\(id)/tree/\(commit)?recursive=true"
    }

    /// Answers 403 where the token's account has not been granted access to a gated model.
    func accessURL(_ id: RepositoryID) -> String {
        "\(url)/api/models/\(id)/auth-check"
    }

    func fileURL(_ id: RepositoryID, commit: String, path: RelativePath) -> String {
        "\(url)/\(id)/resolve/\(commit)/\(escaped(path.string, keepingSlashes: true))"
    }
}

/// Everything but RFC 3986's unreserved characters percent-encoded.
private func escaped(_ text: String, keepingSlashes: Bool) -> String {
    var result = ""
    for byte in text.utf8 {
        let scalar = Unicode.Scalar(byte)
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": result.unicodeScalars.append(scalar)
        case "/" where keepingSlashes: result.unicodeScalars.append(scalar)
        default:
            let hex = String(byte, radix: 16, uppercase: true)
            result += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
        }
    }
    return result
}
