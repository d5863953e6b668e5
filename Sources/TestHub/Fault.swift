/// One way in which the hub misbehaves, for the requests whose path begins with a prefix.
///
/// Paths as the hub sees them, without query: `/org/name/resolve/…` and `/api/models/…` at the hub, `/cdn/org/name/…` at
/// the CDN, `/files/…` for release files, `/git/NAME.git/…`. All faults that match a request apply to it, of two whole
/// answers the newest; a fault has struck, for `times`, when it changed what was sent.
public struct Fault: Sendable {
    public enum Kind: Sendable {
        /// The connection ends after exactly so many bytes of the body have arrived.
        case drop(after: Int64)
        /// The connection is reset once so many bytes of the body were sent; the last of them may be lost.
        case reset(after: Int64)
        /// Nothing more is sent after so many bytes of the body until `TestHub.releaseStalls()`.
        case stall(after: Int64)
        /// The byte at this offset of the file arrives with one bit flipped.
        case corrupt(at: Int64)
        /// The connection ends at a byte of the body that the hub's seed picks.
        case dropAnywhere
        /// A byte of the body that the hub's seed picks arrives with one bit flipped.
        case corruptAnywhere
        /// This answer and no other, as 503 with `Retry-After`, a redirect, or JSON that is none.
        case answer(status: Int, headers: [String: String], body: [UInt8])
        /// These bytes on the wire, and the end of the connection.
        case raw([UInt8])
        /// 200 with the whole file where a range was asked for.
        case ignoreRange
        /// The body ends so many bytes before its declared length.
        case shorter(by: Int64)
        /// The body goes on for so many bytes beyond the file's size; no length is declared.
        case longer(by: Int64)
        /// `Content-Range` claims a start that is off by so many bytes.
        case wrongContentRange(by: Int64)
        /// Another strong ETag than the file's own.
        case etag(String)
        /// At most so many bytes a second on each connection.
        case rate(bytesPerSecond: Int64)
    }

    public var kind: Kind
    /// How often it strikes; nil for as long as it is set.
    public var times: Int?
    /// How likely it strikes a request that it matches, decided by the hub's seed.
    public var probability: Double
    /// Only requests of this method.
    public var method: String?

    public init(_ kind: Kind, times: Int? = nil, probability: Double = 1, method: String? = nil) {
        self.kind = kind
        self.times = times
        self.probability = probability
        self.method = method
    }

    /// An error answer; `retryAfter` as it stands in the header.
    public static func status(_ status: Int, retryAfter: String? = nil, times: Int? = nil) -> Fault {
        Fault(
            .answer(status: status, headers: retryAfter.map { ["Retry-After": $0] } ?? [:], body: []), times: times)
    }

    public static func redirect(to url: String, status: Int = 302, times: Int? = nil) -> Fault {
        Fault(.answer(status: status, headers: ["Location": url], body: []), times: times)
    }
}
