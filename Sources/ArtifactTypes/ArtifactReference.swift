/// What a user names an artifact by: `[vendor:]locator[@revision][:selector]`, or a URL with a fragment.
///
/// - A short form (`hf:org/name@rev:Q4_K_M`, bare `org/name`) is cut from the right: selector, then revision.
/// - `vendor://…` is the short form with two slashes more, unless the scheme is one that URLs have.
/// - A URL (`https://…#sha256=…`, `git+ssh://…#tag=…`, `oci://…`, `file:/path`) keeps its whole text as the locator and
///   its fragment as `key=value` pairs.
public struct ArtifactReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The vendor's name, or a URL's scheme. Nil for a bare reference that no vendor has claimed yet.
    public var vendor: String?
    /// What the vendor finds the artifact by. For a URL: all of it but the fragment.
    public var locator: String
    /// A branch, tag, commit or version, as the user wrote it.
    public var revision: String?
    /// Which part of the artifact: a quantization, a file, an asset pattern.
    public var selector: String?
    /// A URL's fragment, in the order written.
    public var fragment: [FragmentItem]
    public var isURL: Bool

    public struct FragmentItem: Sendable, Hashable, Codable {
        public let key: String
        public let value: String

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    public init(vendor: String?, locator: String, revision: String? = nil, selector: String? = nil) {
        self.vendor = vendor
        self.locator = locator
        self.revision = revision
        self.selector = selector
        fragment = []
        isURL = false
    }

    init(url: String, scheme: String, fragment: [FragmentItem]) {
        vendor = scheme
        locator = url
        revision = nil
        selector = nil
        self.fragment = fragment
        isURL = true
    }

    /// The value of `key` in a URL's fragment.
    public func fragmentValue(_ key: String) -> String? {
        fragment.first { $0.key == key }?.value
    }

    /// What vendors' forms are matched against: the reference without revision, selector and fragment.
    public var stem: String {
        if isURL { return locator }
        return vendor.map { "\($0):\(locator)" } ?? locator
    }

    /// The canonical spelling, which parses to the same reference again.
    public var description: String {
        var text = stem
        if let revision { text += "@\(revision)" }
        if let selector { text += ":\(selector)" }
        if !fragment.isEmpty { text += "#" + fragment.map { "\($0.key)=\($0.value)" }.joined(separator: "&") }
        return text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try ArtifactReference(parsing: container.decode(String.self))
        } catch let error as ReferenceError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
