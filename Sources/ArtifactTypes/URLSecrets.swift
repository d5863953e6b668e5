/// What of a URL lets its holder in: it goes to the server, and is neither shown nor kept.
public enum URLSecrets {
    /// Parameters that are a token or a key by their name.
    private static let tokens: Set<String> = [
        "token", "access_token", "private_token", "auth", "authorization", "api_key", "apikey", "api-key", "secret",
        "client_secret", "password", "passwd", "pwd", "sig", "signature",
    ]
    /// Those of signed URLs (Amazon, Google, Alibaba, Tencent).
    private static let signing = ["x-amz-", "x-goog-", "x-oss-", "q-sign", "q-ak", "q-key-time", "q-signature"]
    /// What stands beside a signature and changes with it (Azure, CloudFront, Amazon's older form).
    private static let besideSignatures: Set<String> = [
        "se", "st", "sp", "spr", "sv", "sr", "skoid", "sktid", "skt", "ske", "sks", "skv", "expires", "policy",
        "key-pair-id", "awsaccesskeyid", "googleaccessid",
    ]

    /// The URL without user-info, and without the parameters of its query that are secrets or sign it. What is no URL
    /// stays as it is.
    public static func removed(from url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        var rest = url[scheme.upperBound...]
        let fragment = rest.firstIndex(of: "#").map { rest[$0...] } ?? ""
        rest = rest.prefix { $0 != "#" }
        let query = rest.firstIndex(of: "?").map { rest[rest.index(after: $0)...] }
        rest = rest.prefix { $0 != "?" }
        let authority = rest.prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        var text = url[..<scheme.upperBound] + rest
        if let query {
            let kept = harmless(query.split(separator: "&", omittingEmptySubsequences: false))
            if !kept.isEmpty { text += "?" + kept.joined(separator: "&") }
        }
        return String(text + fragment)
    }

    /// Whether something stands before its host, as `user:password@`.
    public static func hasUser(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        return url[scheme.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
    }

    private static func harmless(_ items: [Substring]) -> [Substring] {
        func name(_ item: Substring) -> String { item.prefix { $0 != "=" }.lowercased() }
        let isSigned = items.contains { ["sig", "signature"].contains(name($0)) }
        return items.filter { item in
            let name = name(item)
            let isSecret = tokens.contains(name) || signing.contains { name.hasPrefix($0) }
            return !isSecret && !(isSigned && besideSignatures.contains(name))
        }
    }
}

extension ArtifactReference {
    /// The same without what a URL may carry of secrets: as messages, catalogs and folders have it.
    public var withoutSecrets: ArtifactReference {
        guard isURL else { return self }
        var reference = self
        reference.locator = URLSecrets.removed(from: locator)
        return reference
    }
}
