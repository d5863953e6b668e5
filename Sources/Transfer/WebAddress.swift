import CCurl

/// An http or https URL that keeps the network rules: no other scheme, no user-info. Parsed by libcurl's own parser,
/// so that what is checked is what is asked (numeric hosts in octal or hex come out as what they mean).
struct WebAddress: Sendable, Hashable {
    struct Origin: Sendable, Hashable, CustomStringConvertible {
        var scheme: String
        /// In lower case; an IPv6 address in brackets.
        var host: String
        var port: Int

        var description: String { "\(scheme)://\(host):\(port)" }
    }

    /// The whole URL without fragment.
    let text: String
    let origin: Origin
    /// Without query: fit for messages and logs.
    let safe: String

    init(_ text: String) throws(TransferError) {
        try self.init(text, relativeTo: nil)
    }

    /// A redirect's target (RFC 9110, 10.2.2), which may be relative to this address.
    func resolving(_ location: String) throws(TransferError) -> WebAddress {
        try WebAddress(location, relativeTo: self)
    }

    /// Any text with its query, fragment and user-info gone, for messages about URLs that do not parse.
    static func redacted(_ text: String) -> String {
        var rest = text.prefix { $0 != "?" && $0 != "#" }
        var scheme: Substring = ""
        if let marker = rest.firstRange(of: "://") {
            scheme = rest[..<marker.upperBound]
            rest = rest[marker.upperBound...]
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        if let at = rest[..<end].lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        return String((scheme + rest).prefix(300))
    }

    private init(_ text: String, relativeTo base: WebAddress?) throws(TransferError) {
        let shown = Self.redacted(text)
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }), let parser = URLParser() else {
            throw TransferError(.unsupported, "not a url", url: shown)
        }
        if let base { try parser.set(base.text, flags: 0, shown: base.safe) }
        // Servers send spaces and raw UTF-8 in Location; browsers and curl encode them.
        try parser.set(text, flags: base == nil ? 0 : UInt32(CURLU_URLENCODE), shown: shown)
        guard parser.part(CURLUPART_USER) == nil, parser.part(CURLUPART_PASSWORD) == nil else {
            throw TransferError(.forbidden, "a url must not carry a user name or password", url: shown)
        }
        parser.clear(CURLUPART_FRAGMENT)
        let scheme = parser.part(CURLUPART_SCHEME)?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw TransferError(.forbidden, "only http and https are allowed, not \(scheme)", url: shown)
        }
        guard let host = parser.part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
            let port = parser.part(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }),
            let whole = parser.part(CURLUPART_URL)
        else { throw TransferError(.unsupported, "not a url with a host", url: shown) }
        self.text = whole
        origin = Origin(scheme: scheme, host: host, port: port)
        safe = Self.redacted(whole)
    }
}

/// Owns a CURLU handle.
private final class URLParser {
    private let handle: OpaquePointer

    init?() {
        guard let handle = curl_url() else { return nil }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }

    func set(_ text: String, flags: UInt32, shown: String) throws(TransferError) {
        // Schemes that libcurl does not speak are let in, for the message that names them.
        let code = curl_url_set(handle, CURLUPART_URL, text, flags | UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else {
            throw TransferError(.unsupported, "not a url: \(String(cString: curl_url_strerror(code)))", url: shown)
        }
    }

    func clear(_ part: CURLUPart) {
        curl_url_set(handle, part, nil, 0)
    }

    func part(_ part: CURLUPart, flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
