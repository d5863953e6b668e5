/// One request to one address and its answer: no redirects, no retries.
struct ExchangeRequest: Sendable {
    var method: String
    var address: WebAddress
    /// Complete lines (`name: value`), secrets in clear: they live as long as the exchange.
    var headerLines: [String]
    var body: [UInt8]?
    var policy: AddressPolicy
    var proxy: String?
    var caFile: String?
    var userAgent: String
    var connectTimeout: Duration
    /// Seconds below `minimumRate` after which the exchange fails as `timeout`.
    var stallTimeout: Int
    /// In bytes a second.
    var minimumRate: Int
    var allowsHTTP2: Bool
    /// libcurl offers gzip and decodes it; the sink sees, and counts, the decoded bytes.
    var allowsGzip: Bool
}

/// Takes an answer. Called on the transfer thread, one call at a time; it must not wait for anything but the disk.
protocol AnswerSink: Sendable {
    /// Status and headers, before the first byte of the body. Not called for a redirect.
    func begin(_ head: ResponseHead) -> BodyDecision
    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict
}

enum BodyDecision: Sendable {
    case take
    /// Read past, so that the connection can be used again, if it is short.
    case discard
}

enum BodyVerdict: Sendable {
    case taken
    /// Not taken: the same bytes are offered again after `CurlLoop.resume`.
    case pause
    case stop
}

enum ExchangeOutcome: Sendable {
    /// The whole answer arrived, or its body was not wanted.
    case answered(ResponseHead)
    /// The sink said `stop`; it knows why.
    case stopped
    case failed(TransferError)
}

struct ExchangeID: Sendable, Hashable {
    let number: UInt64
}
