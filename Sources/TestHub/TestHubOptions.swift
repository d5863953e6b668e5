public import SystemPackage

/// How a test hub is started.
public struct TestHubOptions: Sendable {
    /// The token that private and gated models want; any other `Authorization` is answered with 401.
    public var token: String?
    /// The most entries on one page of a model's tree.
    public var pageSize: Int
    /// Decides what faults with a probability do.
    public var seed: UInt64
    /// Where each finished request is written as one line of JSON.
    public var logFile: FilePath?

    public init(token: String? = nil, pageSize: Int = 1000, seed: UInt64 = 1, logFile: FilePath? = nil) {
        self.token = token
        self.pageSize = pageSize
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
