/// The status and headers of an answer.
struct ResponseHead: Sendable {
    var status: Int
    /// Names in lower case; values of a repeated name joined by `, ` (RFC 9110, 5.3).
    var headers: [String: String] = [:]

    static let redirects: Set<Int> = [301, 302, 303, 307, 308]

    /// Where a redirect leads, as the header says it; nil for every other answer.
    var redirect: String? {
        Self.redirects.contains(status) ? headers["location"] : nil
    }

    /// Nil where there is none, or none that is a number: two that differ come joined by a comma.
    var contentLength: Int64? {
        headers["content-length"].flatMap(Int64.init(decimal:))
    }

    /// `ETag` if it is a strong validator (RFC 9110, 8.8.3): one that stands for equal bytes.
    var strongEntityTag: String? {
        guard let tag = headers["etag"], tag.utf8.count <= 1024, tag.utf8.count >= 2, tag.hasPrefix("\""),
            tag.hasSuffix("\""), !tag.dropFirst().dropLast().contains("\"")
        else { return nil }
        return tag
    }

    var contentRange: ContentRange? {
        headers["content-range"].flatMap(ContentRange.init)
    }

    /// Codings other than none, whether of the content or of the transfer beside a length (RFC 9112, 6.3: an attack).
    var isFramedAmbiguously: Bool {
        guard let length = headers["content-length"] else { return false }
        return headers["transfer-encoding"] != nil || Int64(decimal: length) == nil
    }

    /// Whether the body is not the file itself but a coding of it, that nobody asked for.
    var isEncoded: Bool {
        guard let coding = headers["content-encoding"]?.lowercased() else { return false }
        return !coding.isEmpty && coding != "identity"
    }
}

/// `Content-Range: bytes 0-99/1000`, `bytes 0-99/*` or `bytes */1000` (RFC 9110, 14.4).
struct ContentRange: Sendable, Hashable {
    var range: ClosedRange<Int64>?
    var total: Int64?

    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] != "*" {
            guard let total = Int64(decimal: parts[1]) else { return nil }
            self.total = total
        }
        if parts[0] == "*" {
            guard total != nil else { return nil }
            return
        }
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Int64(decimal: bounds[0]), let last = Int64(decimal: bounds[1]),
            first <= last, last < total ?? .max
        else { return nil }
        range = first...last
    }
}

extension Int64 {
    /// Digits alone, without sign, that fit.
    init?(decimal text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(text) else {
            return nil
        }
        self = value
    }
}
