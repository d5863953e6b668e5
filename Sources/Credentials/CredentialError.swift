/// Why a secret could not be read. No part of a secret is ever in it.
public struct CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The file or program is not there.
        case missing
        case unreadable(errno: Int32)
        /// It is larger than any secret.
        case tooLarge
        /// It is there and holds nothing.
        case empty
        /// It is not what it should be: a line break inside a token, a netrc that does not parse.
        case malformed
        /// The command that should have said it failed.
        case commandFailed
        case cancelled
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
