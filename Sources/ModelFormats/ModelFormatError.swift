public import SystemPackage

/// Why a model file's header cannot be read.
public struct ModelFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The header breaks the format's rules, or ends before it is whole.
        case malformed
        /// A count or a length is beyond what any real file has.
        case tooLarge
        /// A version or byte order that is not read here.
        case unsupported
        /// What is here of the file ends within its header.
        case incomplete
        case io(Errno)
    }

    public let code: Code
    /// What is wrong, in lower case, naming the file.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
