import ArtifactTypes
import SystemPackage

/// Why the store could not do what it was asked: a code to decide by and a message that names the file.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// A system call failed; `errno` says how.
        case io(errno: Int32)
        /// In bytes; `needed` is 0 where only the kernel knows it.
        case insufficientSpace(needed: Int64, free: Int64)
        /// Another holder kept a lock beyond the deadline.
        case locked(holder: String)
        /// What lies on the disk is not what its name, size or sidecar says.
        case corrupt
        /// A name, link or file type that would lead out of its folder, or collides with another.
        case unsafe
        case cancelled
    }

    public var code: Code
    /// What failed, in lower case, naming the file or artifact.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    static let cancelled = StoreError(.cancelled, "cancelled")

    /// The error of a failed system call on `path`; a full disk or quota becomes `insufficientSpace`.
    init(_ errno: Errno, _ action: String, _ path: FilePath, needed: Int64 = 0) {
        if errno == .noSpace || errno == .diskQuotaExceeded {
            let free = FileSystem.freeSpace(at: path)
            let need = needed > 0 ? "\(ByteCount(needed)) needed, " : ""
            self.init(
                .insufficientSpace(needed: needed, free: free),
                "cannot \(action) \(path.visible): \(errno.reason); \(need)\(ByteCount(free)) free")
        } else {
            self.init(.io(errno: errno.rawValue), "cannot \(action) \(path.visible): \(errno.reason)")
        }
    }
}

extension Errno {
    /// The system's text, without its capital: `no space left on device`.
    var reason: String {
        let text = description
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension FilePath {
    /// The path as a terminal may show it.
    var visible: String { string.visiblyEscaped }
}
