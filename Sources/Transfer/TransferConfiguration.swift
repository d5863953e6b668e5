/// How the engine behaves towards every host.
public struct TransferConfiguration: Sendable {
    public var userAgent: String
    /// Name look-up, TCP and TLS together.
    public var connectTimeout: Duration
    /// How often a request is tried before its last failure is final. An attempt that moved a download ahead by at
    /// least 1 MiB does not count.
    public var maximumAttempts: Int
    /// The longest `Retry-After` that is waited for; a longer one ends the request as `rateLimited`.
    public var maximumRetryAfter: Duration
    public var maximumHostConnections: Int
    /// Bytes a second that all bodies together may take; nil sets no limit.
    public var rateLimit: Int64?
    /// Bytes that libcurl reads at once, at most 512 KiB. Its default of 16 KiB costs a download twice the time: one
    /// kernel call each.
    public var receiveBuffer: Int
    /// The first retry waits between nothing and this, each further one up to twice as long (full jitter).
    public var backoffBase: Duration
    public var backoffCap: Duration
    public var proxies: ProxySettings
    /// Trusted certificates where a request names none of its own (`SSL_CERT_FILE`, `CURL_CA_BUNDLE`); nil is the
    /// system's.
    public var caFile: String?

    /// What waits: the tests put a clock of their own here.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init(
        userAgent: String = "rbee-hive", connectTimeout: Duration = .seconds(10), maximumAttempts: Int = 5,
        maximumRetryAfter: Duration = .seconds(300), maximumHostConnections: Int = 16, rateLimit: Int64? = nil,
        receiveBuffer: Int = 256 << 10,
        backoffBase: Duration = .milliseconds(500), backoffCap: Duration = .seconds(30),
        proxies: ProxySettings = .environment, caFile: String? = nil
    ) {
        self.userAgent = userAgent
        self.connectTimeout = connectTimeout
        self.maximumAttempts = maximumAttempts
        self.maximumRetryAfter = maximumRetryAfter
        self.maximumHostConnections = maximumHostConnections
        self.rateLimit = rateLimit
        self.receiveBuffer = receiveBuffer
        self.backoffBase = backoffBase
        self.backoffCap = backoffCap
        self.proxies = proxies
        self.caFile = caFile
    }
}
