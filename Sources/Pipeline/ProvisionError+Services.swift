import Archives
import ArtifactTypes
import ContentStore
public import Provisioning
import Transfer

/// The one place where what transfers, archives and the store throw becomes what a caller acts on.
extension ProvisionError {
    public init(pipeline error: any Error) {
        switch error {
        case let error as TransferError: self.init(transfer: error)
        case let error as StoreError: self.init(store: error)
        case let error as ArchiveError: self.init(archive: error)
        default: self.init(mapping: error)
        }
    }

    init(transfer error: TransferError) {
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
        case .forbidden: code = .untrusted
        case .rateLimited(let seconds):
            code = .rateLimited(retryAfter: seconds)
            remedy = "run it again \(seconds.map { "in \($0) s" } ?? "later"); what has arrived is kept"
        case .io(let number): code = .io(errno: number)
        case .insufficientSpace(let needed, let free):
            code = .insufficientSpace(needed: needed, free: free)
            remedy = Self.moreRoom
        case .unsupported, .receiverFailed: code = .unsupported
        }
        self.init(code, error.description, remedy: remedy)
    }

    init(store error: StoreError) {
        switch error.code {
        case .io(let number): self.init(.io(errno: number), error.message)
        case .insufficientSpace(let needed, let free):
            self.init(.insufficientSpace(needed: needed, free: free), error.message, remedy: Self.moreRoom)
        case .locked:
            self.init(.locked, error.message, remedy: "run it again when that process is done, or end it")
        case .corrupt:
            self.init(.digestMismatch, error.message, remedy: "fetch it again with --force")
        case .unsafe: self.init(.unsafeContent, error.message)
        case .cancelled: self.init(.cancelled, error.message)
        }
    }

    init(archive error: ArchiveError) {
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .io(let number): .io(errno: number)
            case .insufficientSpace: .insufficientSpace(needed: 0, free: 0)
            case .corrupt: .digestMismatch
            case .unsafe, .limit, .unsupportedFormat: .unsafeContent
            }
        self.init(code, error.description)
    }

    private static let moreRoom = "make room with rbee-hive gc, or choose another place with --home"
}
