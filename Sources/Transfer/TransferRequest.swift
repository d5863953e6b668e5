public import ArtifactTypes

/// A request whose answer is small, or is streamed.
public struct TransferRequest: Sendable {
    public var method: String
    public var url: String
    public var headers: [String: String]
    /// Sent to the origin of `url` alone: once a redirect has led to another origin they stay behind for good. The
    /// same holds for `Authorization`, `Proxy-Authorization` and `Cookie` among `headers`.
    public var secretHeaders: [String: Secret]
    public var body: [UInt8]?
    public var access: TransferAccess
    /// The longest body that is read, in bytes after decoding.
    public var maximumBytes: Int
    /// A host that cannot be reached, does not answer, or asks to be left alone for a while is not tried again, for the
    /// caller has another.
    public var hasAlternative: Bool
    /// The longest that a server may ask to be left alone before the next attempt; more is an error. Nil for
    /// `TransferConfiguration.maximumRetryAfter`.
    public var patience: Duration?

    public init(
        method: String = "GET", url: String, headers: [String: String] = [:], secretHeaders: [String: Secret] = [:],
        body: [UInt8]? = nil, access: TransferAccess = TransferAccess(), maximumBytes: Int = 32 << 20,
        hasAlternative: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.secretHeaders = secretHeaders
        self.body = body
        self.access = access
        self.maximumBytes = maximumBytes
        self.hasAlternative = hasAlternative
    }
}

public struct TransferResponse: Sendable {
    public var status: Int
    /// Names in lower case; the values of a name that came more than once are joined by `, `.
    public var headers: [String: String]
    /// Empty where the body was streamed.
    public var body: [UInt8]
    /// Where the last redirect led, query and all.
    public var url: String

    public init(status: Int, headers: [String: String], body: [UInt8], url: String) {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
    }
}
