import Glibc
import SystemPackage

/// Why git could not deliver: a code to decide by, and words for a person.
public struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// No repository there.
        case notFound
        /// The repository has no such branch, tag or commit.
        case revisionNotFound
        /// Credentials are wanted, or those given are refused.
        case unauthorized
        /// The server knows who asks, or does not care, and says no.
        case forbidden
        /// The server said `ERR` and why.
        case refused
        /// The host, its network or its protocol failed, or made no progress in time.
        case unavailable
        /// The server asks to be left alone for a while, in seconds where it says how long.
        case rateLimited(retryAfter: Int?)
        /// A secret, address, owner or redirect would break the network rules.
        case untrusted
        /// A pack or object that is damaged, or lacks what it promises.
        case corrupt
        /// A name or link that would leave the checkout, or a tree beyond the bounds.
        case unsafeContent
        /// More than is taken.
        case tooLarge
        case unsupported
        case invalid
        case io(errno: Int32)
        case cancelled
    }

    public var code: Code
    /// What failed, in lower case, naming the repository or file; URLs without user-info.
    public var message: String
    /// What to do next; nil where nothing helps.
    public var remedy: String?

    public init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    public var description: String { remedy.map { "\(message); \($0)" } ?? message }

    /// Any error as one of these: itself, a cancellation, or `otherwise` with its description.
    init(mapping error: any Error, otherwise code: Code = .unavailable) {
        switch error {
        case let error as GitError: self = error
        case is CancellationError: self.init(.cancelled, "cancelled")
        default: self.init(code, String(describing: error))
        }
    }
}

extension Errno {
    /// What the last call of the C library left in `errno`.
    static var last: Errno { Errno(rawValue: errno) }
}
