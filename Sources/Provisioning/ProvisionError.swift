import ArtifactTypes
import Foundation
public import SystemPackage

/// Why an artifact could not be provisioned: a code to decide by, and three parts to tell a person.
public struct ProvisionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The cases that a caller can act on. Exit codes and HTTP statuses derive from these alone.
    public enum Code: Sendable, Hashable {
        case notFound
        case revisionNotFound
        case selectorNotFound
        case unauthorized
        case gated
        /// `retryAfter` in seconds, where the server said.
        case rateLimited(retryAfter: Int?)
        /// Nothing may be asked (`--offline`) and the answer is not stored.
        case offline
        /// The vendor, its network or its protocol failed.
        case unavailable
        /// A secret, address or link would break the network rules.
        case untrusted
        /// What arrived is not what was promised: digest, size, signature.
        case digestMismatch
        /// An archive entry or path that would leave its folder, or any other hostile name.
        case unsafeContent
        /// In bytes.
        case insufficientSpace(needed: Int64, free: Int64)
        case io(errno: Int32)
        case missingTool
        case sandboxUnavailable
        case buildFailed
        case smokeTestFailed
        case locked
        case configuration
        case unsupported
        case invalid
        case cancelled
    }

    public var code: Code
    /// What failed, in lower case, naming the artifact or file.
    public var message: String
    /// What to do next; nil where nothing helps.
    public var remedy: String?
    /// The option of a vendors.d file that is wrong, by its key; nil where none is.
    public var option: String?

    public init(_ code: Code, _ message: String, remedy: String? = nil, option: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.option = option
    }

    /// What to do next as a person is told: how long a server asks to be left alone, and the remedy.
    public var advice: String? {
        guard case .rateLimited(let seconds) = code else { return remedy }
        let wait = "try again \(seconds.map { "in \($0) s" } ?? "later")"
        return remedy.map { "\(wait); \($0)" } ?? wait
    }

    public var description: String { advice.map { "\(message); \($0)" } ?? message }

    /// The same error, said of something: `tiny.gguf: connection refused`.
    public func of(_ subject: String) -> ProvisionError {
        ProvisionError(code, "\(subject): \(message)", remedy: remedy, option: option)
    }

    /// Any error as one of these: itself, a cancellation, a malformed reference or path, or `otherwise`.
    public init(mapping error: any Error, otherwise code: Code = .unavailable) {
        switch error {
        case let error as ProvisionError: self = error
        case is CancellationError: self.init(.cancelled, "cancelled")
        case let error as RelativePath.Invalid: self.init(.unsafeContent, error.description)
        case let error as ReferenceError: self.init(.invalid, error.description)
        default: self.init(code, String(describing: error))
        }
    }
}

extension Errno {
    /// What a call of Foundation's failed by; EIO where it does not say.
    public init(foundation error: any Error) {
        let cause = (error as? CocoaError)?.underlying as? POSIXError
        self = cause.map { Errno(rawValue: $0.code.rawValue) } ?? .ioError
    }
}

extension ProvisionError.Code {
    /// The code's name on the wire between the hive and a plug-in, and in JSON output.
    public var name: String {
        switch self {
        case .notFound: "notFound"
        case .revisionNotFound: "revisionNotFound"
        case .selectorNotFound: "selectorNotFound"
        case .unauthorized: "unauthorized"
        case .gated: "gated"
        case .rateLimited: "rateLimited"
        case .offline: "offline"
        case .unavailable: "unavailable"
        case .untrusted: "untrusted"
        case .digestMismatch: "digestMismatch"
        case .unsafeContent: "unsafeContent"
        case .insufficientSpace: "insufficientSpace"
        case .io: "io"
        case .missingTool: "missingTool"
        case .sandboxUnavailable: "sandboxUnavailable"
        case .buildFailed: "buildFailed"
        case .smokeTestFailed: "smokeTestFailed"
        case .locked: "locked"
        case .configuration: "configuration"
        case .unsupported: "unsupported"
        case .invalid: "invalid"
        case .cancelled: "cancelled"
        }
    }

    /// The code of a wire name; nil for a name that is none.
    public init?(name: String, retryAfter: Int? = nil) {
        let plain: [ProvisionError.Code] = [
            .notFound, .revisionNotFound, .selectorNotFound, .unauthorized, .gated, .offline, .unavailable, .untrusted,
            .digestMismatch, .unsafeContent, .missingTool, .sandboxUnavailable, .buildFailed, .smokeTestFailed, .locked,
            .configuration, .unsupported, .invalid, .cancelled, .rateLimited(retryAfter: retryAfter),
        ]
        guard let code = plain.first(where: { $0.name == name }) else { return nil }
        self = code
    }
}
