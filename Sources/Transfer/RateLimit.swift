/// A token bucket over all exchanges: bodies may take bytes while it holds some, and may overdraw it by one piece.
///
/// Lives on the loop's thread. An exchange that finds the bucket empty is paused, which its server feels as a receive
/// window that stays full, and queues; so connections take turns however many there are.
final class RateLimit {
    /// Bytes a second.
    private let rate: Double
    /// Saved up while nothing moves: a tenth of a second's worth.
    private let capacity: Double
    private var balance: Double
    private var filledAt: ContinuousClock.Instant
    private var waiting: [ExchangeID] = []

    init(_ bytesPerSecond: Int64, now: ContinuousClock.Instant = .now) {
        rate = Double(max(1, bytesPerSecond))
        capacity = rate / 10
        balance = capacity
        filledAt = now
    }

    /// Whether `id` may take a piece now; if not, it is one of those that `dueExchanges` names later.
    func admits(_ id: ExchangeID, now: ContinuousClock.Instant = .now) -> Bool {
        fill(now)
        if balance > 0 { return true }
        if !waiting.contains(id) { waiting.append(id) }
        return false
    }

    func took(_ bytes: Int) {
        balance -= Double(bytes)
    }

    func forget(_ id: ExchangeID) {
        waiting.removeAll { $0 == id }
    }

    /// Those that may be offered their bodies again, who came first first; none while the bucket is empty.
    func dueExchanges(now: ContinuousClock.Instant = .now) -> [ExchangeID] {
        fill(now)
        guard balance > 0 else { return [] }
        defer { waiting = [] }
        return waiting
    }

    /// Milliseconds until the bucket holds something again; nil where nobody waits for that.
    func wait(now: ContinuousClock.Instant = .now) -> Int32? {
        guard !waiting.isEmpty else { return nil }
        fill(now)
        // Half of the capacity, so that connections move in pieces of some size: 20 times a second at most.
        let missing = capacity / 2 - balance
        return missing <= 0 ? 0 : Int32(min(60_000, (missing / rate * 1000).rounded(.up)))
    }

    private func fill(_ now: ContinuousClock.Instant) {
        balance = min(capacity, balance + rate * ((now - filledAt) / .seconds(1)))
        filledAt = now
    }
}
