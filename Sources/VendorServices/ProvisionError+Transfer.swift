public import Provisioning
public import Transfer

extension ProvisionError {
    /// What transfers throw, as a caller acts on it.
    public init(transfer error: TransferError) {
        let code: Code
        var remedy: String?
        switch error.code {
        case .cancelled: code = .cancelled
        case .connect, .timeout, .tls, .redirects, .protocolViolation:
            code = .unavailable
            remedy = "run it again later; what has arrived is kept"
        case .status(401): code = .unauthorized
        case .status(403): code = .unauthorized
        case .status(404), .status(410): code = .notFound
        case .status: code = .unavailable
        case .digestMismatch, .sizeMismatch, .tooLarge:
            code = .digestMismatch
            remedy = "nothing was kept of it; run it again, and tell whoever serves it if it happens twice"
        case .unexpectedContent:
            code = .digestMismatch
            remedy = "nothing was kept of it; check the digest that you expect"
        case .forbidden: code = .untrusted
        case .rateLimited(let seconds):
            code = .rateLimited(retryAfter: seconds)
            remedy = "what has arrived is kept"
        case .io(let number): code = .io(errno: number)
        case .insufficientSpace(let needed, let free):
            code = .insufficientSpace(needed: needed, free: free)
            remedy = Self.moreRoom
        case .unsupported, .receiverFailed: code = .unsupported
        }
        self.init(code, error.description, remedy: remedy)
    }

    /// What helps where the disk is full.
    public static let moreRoom = "make room with rbee-hive gc, or choose another place with --home"
}
