import CCurl
import Glibc

/// When to try again, and how long to wait before.
struct RetryPolicy: Sendable {
    var maximumAttempts: Int
    var maximumRetryAfter: Duration
    var base: Duration
    var cap: Duration

    init(_ configuration: TransferConfiguration) {
        maximumAttempts = max(1, configuration.maximumAttempts)
        maximumRetryAfter = configuration.maximumRetryAfter
        base = configuration.backoffBase
        cap = configuration.backoffCap
    }

    /// Exponential with full jitter: a uniform part of the whole, so that clients that failed together do not come back
    /// together.
    func backoff(afterAttempt attempt: Int) -> Duration {
        let longest = min(cap, base * (1 << min(max(0, attempt - 1), 16)))
        return longest * Double.random(in: 0...1)
    }

    /// Who asks to be left alone for longer is passed over where another can be asked.
    static let patienceWithAlternative = Duration.seconds(2)

    /// How long an answer asks its server to be left alone: 429 and 503 (RFC 6585; RFC 9110, 10.2.3), and 403 as GitHub
    /// has it for too many requests at a time; nil for any other.
    static func rest(askedBy head: ResponseHead) -> Duration? {
        [403, 429, 503].contains(head.status) ? retryAfter(head) : nil
    }

    /// How long a server asks to be left alone; nil where it does not say, or says nonsense.
    static func retryAfter(_ head: ResponseHead, now: Int64 = Int64(time(nil))) -> Duration? {
        guard let text = head.headers["retry-after"] else { return nil }
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) {
            return .seconds(min(Int64(decimal: text) ?? .max, longestRetryAfter))
        }
        // An HTTP-date (RFC 9110, 5.6.7) names a day of the week or a month; "-5" is no date, though getdate might take
        // it for one.
        guard text.contains("GMT") || text.contains(where: \.isLetter) else { return nil }
        let date = Int64(curl_getdate(text, nil))
        guard date > 0 else { return nil }
        return .seconds(min(max(0, date - now), longestRetryAfter))
    }

    /// A hundred years: more is a number that means "never".
    private static let longestRetryAfter: Int64 = 3_155_760_000

    /// How long to wait after an answer that asks to come later. A longer wait than allowed is an error to report.
    func wait(after head: ResponseHead, attempt: Int, url: String) throws(TransferError) -> Duration {
        guard let asked = Self.rest(askedBy: head) else {
            return backoff(afterAttempt: attempt)
        }
        guard asked <= maximumRetryAfter else {
            let seconds = Int(asked.components.seconds)
            throw TransferError(
                .rateLimited(retryAfter: seconds), "the server answers \(head.status), and asks to be left alone",
                url: url)
        }
        // A little more than asked, so that clients do not all come at the same second.
        return asked + backoff(afterAttempt: 1)
    }
}

extension ResponseHead {
    /// Whether the same question may be answered otherwise later.
    var mayPass: Bool {
        TransferError.Code.status(status).isTransient || RetryPolicy.rest(askedBy: self) != nil
    }
}
