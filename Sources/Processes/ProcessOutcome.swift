/// How a process ended.
public enum ProcessStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    public var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}

/// What a process that ended by itself left behind.
public struct ProcessOutcome: Sendable {
    public var status: ProcessStatus
    /// Standard output, not redacted; empty where the request keeps none.
    public var output: [UInt8]
    /// The last 30 lines of both streams, redacted, in the order in which they arrived.
    public var lastLines: [String]

    public var succeeded: Bool { status == .exited(0) }
    /// Standard output as text, invalid UTF-8 repaired.
    public var text: String { String(decoding: output, as: UTF8.self) }
}

/// A line that a process wrote, redacted and without its line break.
public struct OutputLine: Sendable, Hashable {
    public enum Stream: Sendable, Hashable {
        case output
        case error
    }

    public var stream: Stream
    public var text: String

    public init(stream: Stream, text: String) {
        self.stream = stream
        self.text = text
    }
}
