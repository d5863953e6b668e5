import Synchronization

/// The origins that asked to be left alone, and until when: one request's `Retry-After` holds for all others, or each of
/// a thousand files would learn it by itself.
final class HostGate: Sendable {
    private let shut = Mutex<[WebAddress.Origin: ContinuousClock.Instant]>([:])

    func shut(_ origin: WebAddress.Origin, for wait: Duration) {
        let end = ContinuousClock.now + wait
        shut.withLock { $0[origin] = max($0[origin] ?? end, end) }
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
