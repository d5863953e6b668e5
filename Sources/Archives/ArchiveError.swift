import ArtifactTypes
import SystemPackage

/// Why an archive was not extracted. Nothing of it is left on disk.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// A hostile or ambiguous entry: a name, link, type or mode that extraction does not make.
        case unsafe
        /// The content is no archive of a kind that is read here.
        case unsupportedFormat
        /// Cut short or damaged.
        case corrupt
        /// More bytes than the policy takes.
        case tooLarge
        /// Over another of the policy's totals.
        case limit
        case io(errno: Int32)
        /// The file system is full, or the quota is.
        case insufficientSpace
        case cancelled
    }

    public let code: Code
    /// The name of the entry at fault as the archive spells it; nil where the archive as a whole is.
    public let entry: String?
    /// What is wrong with it, in lower case.
    public let reason: String

    init(_ code: Code, entry: String? = nil, _ reason: String) {
        self.code = code
        self.entry = entry
        self.reason = reason
    }

    /// A system call's failure.
    init(_ error: Errno, entry: String? = nil, _ action: String) {
        let isFull = error == .noSpace || error == .diskQuotaExceeded
        self.init(isFull ? .insufficientSpace : .io(errno: error.rawValue), entry: entry, "\(action): \(error)")
    }

    /// Whether other bytes in the archive's place might be extracted.
    var blamesContent: Bool {
        switch code {
        case .unsafe, .unsupportedFormat, .corrupt, .tooLarge, .limit: true
        case .io, .insufficientSpace, .cancelled: false
        }
    }

    /// Whether whoever made the archive is at fault: it can be read, and is refused for what it says.
    var blamesMaker: Bool { [.unsafe, .tooLarge, .limit].contains(code) }

    public var description: String {
        guard let entry else { return reason.visiblyEscaped }
        let shown = entry.count > 200 ? entry.prefix(200) + "…" : entry[...]
        return "archive entry \"\(shown)\": \(reason)".visiblyEscaped
    }
}
