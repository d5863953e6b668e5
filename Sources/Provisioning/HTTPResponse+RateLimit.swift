import FoundationEssentials

extension HTTPResponse {
    /// What an answer means that asks to be left alone, with the seconds to wait where it says them; nil for any other.
    ///
    /// That is 429 (RFC 6585), 503 with `Retry-After` (RFC 9110, 10.2.3), and 403 where GitHub says that an account's
    /// requests are spent. Without `Retry-After`, GitHub's and GitLab's `ratelimit-reset` is the time of day at which
    /// there are new ones, and the Hugging Face hub's `ratelimit: "api";r=0;t=55` has the seconds until then.
    public var rateLimit: ProvisionError.Code? {
        let isSpent = headers["x-ratelimit-remaining"] == "0" || headers["ratelimit-remaining"] == "0"
        switch status {
        case 429: break
        case 503: if headers["retry-after"] == nil { return nil }
        case 403: if headers["retry-after"] == nil, !isSpent { return nil }
        default: return nil
        }
        return .rateLimited(retryAfter: retryAfter ?? (isSpent ? secondsUntilReset : nil) ?? secondsOfWindow)
    }

    private var retryAfter: Int? {
        headers["retry-after"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    private var secondsUntilReset: Int? {
        guard let reset = (headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"]).flatMap({ Double($0) }) else {
            return nil
        }
        // An hour is as long as any of them counts.
        return Int(min(max(0, reset - Date().timeIntervalSince1970), 3600).rounded(.up))
    }

    private var secondsOfWindow: Int? {
        for item in (headers["ratelimit"] ?? "").split(separator: ";") {
            let item = item.filter { $0 != " " }
            if item.hasPrefix("t="), let seconds = Int(item.dropFirst(2)), seconds >= 0 { return seconds }
        }
        return nil
    }
}
