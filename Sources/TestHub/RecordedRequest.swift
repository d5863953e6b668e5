/// A request as the hub saw it, and what it sent.
public struct RecordedRequest: Sendable, Codable {
    public enum Origin: String, Sendable, Codable {
        case hub
        case cdn
    }

    /// Counts up from 0 in the order of arrival.
    public let number: Int
    public let origin: Origin
    public let method: String
    /// Path and query, as sent.
    public let target: String
    /// Names in lower case; a header sent twice is joined by a comma.
    public let headers: [String: String]
    /// 0 until the answer begins, and for an answer of raw bytes.
    public internal(set) var status = 0
    /// Bytes of the body that were handed to the socket so far.
    public internal(set) var payloadBytes: Int64 = 0
    /// True while a fault holds the body back.
    public internal(set) var isStalled = false
    /// True once a byte was sent that is not the file's.
    public internal(set) var isDamaged = false
    public internal(set) var isFinished = false

    public var path: String { String(target.prefix { $0 != "?" }) }
}
