/// The plug-in protocol, version 1: JSON-RPC 2.0, one message a line, UTF-8, on standard input and output.
///
/// The hive sends `initialize`, `resolve` or `fetch`, and `shutdown`, each a request with an answer, and the notification
/// `$/cancel`. The vendor may send the notifications `progress` and `log` before its answer. What a vendor writes to
/// standard error is log.
public enum PluginProtocol {
    public static let version = 1
    /// The longest message of either side, in bytes.
    public static let maximumMessageSize = 8 << 20

    public enum Method: String, Sendable {
        case initialize
        case resolve
        case fetch
        case shutdown
        case cancel = "$/cancel"
        case progress
        case log
    }

    /// The error codes of JSON-RPC 2.0 (section 5.1), and the one under which a vendor reports its own errors.
    public enum ErrorCode {
        public static let parse = -32700
        public static let invalidRequest = -32600
        public static let methodNotFound = -32601
        public static let invalidParameters = -32602
        /// `data.code` says which error it is.
        public static let vendor = -32000
    }
}
