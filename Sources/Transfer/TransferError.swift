/// Why a transfer failed: a code to decide by, and text for a person.
public struct TransferError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case cancelled
        /// No connection, or one that broke; every attempt did.
        case connect
        /// Nothing, or next to nothing, arrived for the stall time-out.
        case timeout
        case tls
        case status(Int)
        case digestMismatch
        /// It is not of the digest that the user expects; nothing published says which of the two is wrong.
        case unexpectedContent
        case sizeMismatch
        /// The body is longer than the caller's limit.
        case tooLarge
        /// A network rule refuses it: a private address, a scheme, a secret over plain http.
        case forbidden
        /// More than ten redirects.
        case redirects
        case io(errno: Int32)
        /// In bytes.
        case insufficientSpace(needed: Int64, free: Int64)
        /// In seconds, where the server said.
        case rateLimited(retryAfter: Int?)
        case protocolViolation
        case unsupported
        /// The closure that takes a streamed body threw.
        case receiverFailed
    }

    public var code: Code
    /// In lower case, naming what failed.
    public var message: String
    /// Without query and user-info; nil where no URL is concerned.
    public var url: String?
    /// Whether another attempt may do better.
    var isTransient: Bool
    /// No connection came about: nobody is there by that name, or nobody answers.
    var isUnreachable = false

    public init(_ code: Code, _ message: String, url: String? = nil) {
        self.init(code, message, url: url, isTransient: code.isTransient)
    }

    init(_ code: Code, _ message: String, url: String?, isTransient: Bool) {
        self.code = code
        self.message = message
        self.url = url
        self.isTransient = isTransient
    }

    public var description: String { url.map { "\($0): \(message)" } ?? message }

    static let cancelled = TransferError(.cancelled, "cancelled")
}

extension TransferError.Code {
    var isWrongContent: Bool { self == .digestMismatch || self == .unexpectedContent }

    /// 425: RFC 8470; 408 and 429 by their own definition; any 5xx may pass.
    var isTransient: Bool {
        switch self {
        case .connect, .timeout: true
        case .status(let status): status == 408 || status == 425 || status == 429 || (500...599).contains(status)
        default: false
        }
    }
}
