import Archives
import ArtifactTypes
import ContentStore
public import Provisioning
import Transfer
import VendorServices

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
            case .unsafe, .tooLarge, .limit, .unsupportedFormat: .unsafeContent
            }
        self.init(code, error.description, remedy: error.code == .insufficientSpace ? Self.moreRoom : nil)
    }
}
