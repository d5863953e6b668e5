import Synchronization

/// The origins that asked to be left alone, and until when: one request's `Retry-After` holds for all others, or each of
/// a thousand files would learn it by itself.
final class HostGate: Sendable {
    private let shut = Mutex<[WebAddress.Origin: ContinuousClock.Instant]>([:])

    /// - Returns: whether that was news: it was open, or would have been a second earlier.
    func shut(_ origin: WebAddress.Origin, for wait: Duration) -> Bool {
        let now = ContinuousClock.now
        return shut.withLock { shut in
            let before = max(shut[origin] ?? now, now)
            shut[origin] = max(before, now + wait)
            return before + .seconds(1) <= now + wait
        }
    }

    /// How long it stays shut; nil where it is open.
    func remaining(_ origin: WebAddress.Origin) -> Duration? {
        shut.withLock { shut in
            guard let end = shut[origin] else { return nil }
            let rest = end - ContinuousClock.now
            if rest <= .zero { shut[origin] = nil }
            return rest > .zero ? rest : nil
        }
    }
}
