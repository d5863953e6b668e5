import ArtifactTypes
import GRDB
import SystemPackage

/// Why a catalog could not do what it was asked.
public struct CatalogError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// No entry has the id.
        case notFound
        /// An entry that does not encode or decode.
        case invalid
        /// The file is no database, or a damaged one. The next opening moves it aside and begins anew.
        case damaged
        /// Another process kept writing beyond the time-out.
        case busy
        case diskFull
        /// The file system cannot be written.
        case readOnly
        /// Unreadable, or failing.
        case io
    }

    public var code: Code
    /// What failed, in lower case, naming the entry or file.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = (error as? CatalogError) ?? CatalogError(.io, "cannot use \(path.visiblyEscaped): \(error)")
            return
        }
        let reason = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(.damaged, "\(path.visiblyEscaped) is damaged: \(reason); run catalog repair")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "\(path.visiblyEscaped) is being written by another process; try again")
        case .SQLITE_FULL:
            self.init(.diskFull, "cannot write \(path.visiblyEscaped): no space left")
        case .SQLITE_READONLY:
            self.init(.readOnly, "cannot write \(path.visiblyEscaped): \(Errno.readOnlyFileSystem)")
        default:
            self.init(.io, "cannot use \(path.visiblyEscaped): \(reason)")
        }
    }
}
