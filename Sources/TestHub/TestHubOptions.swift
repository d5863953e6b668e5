public import SystemPackage

/// How a test hub is started.
public struct TestHubOptions: Sendable {
    /// The token that private and gated models want; any other `Authorization` is answered with 401.
    public var token: String?
    /// The most entries on one page of a model's tree.
    public var pageSize: Int
    /// Whether it answers as the hub does since 2025: small files by one more redirect, on its own origin, and large ones
    /// with Xet's headers.
    public var isModern: Bool
    /// Decides what faults with a probability do.
    public var seed: UInt64
    /// Where each finished request is written as one line of JSON.
    public var logFile: FilePath?

    public init(
        token: String? = nil, pageSize: Int = 1000, isModern: Bool = false, seed: UInt64 = 1, logFile: FilePath? = nil
    ) {
        self.token = token
        self.pageSize = pageSize
        self.isModern = isModern
        self.seed = seed
        self.logFile = logFile
    }
}

/// What a test hub could not do. `errno` is the system's reason where there is one.
public struct TestHubError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let errno: Errno?

    public init(_ message: String, errno: Errno? = nil) {
        self.message = message
        self.errno = errno
    }

    public var description: String { errno.map { "\(message): \($0)" } ?? message }
}
