import Synchronization

/// Finds how many connections a download is worth: one more as long as the last one made it faster.
final class ConnectionPacer: Sendable {
    enum Decision: Sendable {
        case join
        case wait
        case leave
    }

    private struct State {
        var connections = 1
        var bytes: Int64
        var at: ContinuousClock.Instant
        var rate: Double?
        var isSettled = false
    }

    /// Between two additions; long enough for a connection to get up to speed.
    static let interval = Duration.milliseconds(400)

    private let state: Mutex<State>

    init(_ file: SegmentedFile) {
        state = Mutex(State(bytes: file.filledBytes, at: .now))
    }

    /// Asked by each connection that is ready to join, every now and then; at most one an interval may.
    func decide(_ file: SegmentedFile) -> Decision {
        state.withLock { state in
            if state.isSettled { return .leave }
            let now = ContinuousClock.now
            guard now - state.at >= Self.interval, let total = file.lead?.journal.total else { return .wait }
            let bytes = file.filledBytes
            let rate = Double(max(0, bytes - state.bytes)) / ((now - state.at) / .seconds(1))
            (state.bytes, state.at) = (bytes, now)
            // What is through in two seconds needs no help.
            guard Double(total - bytes) > rate * 2 else { return .wait }
            // Half of a fair share is asked of the connection that came last.
            if let before = state.rate, rate < before * (1 + 0.5 / Double(state.connections - 1)) {
                state.isSettled = true
                return .leave
            }
            state.rate = rate
            state.connections += 1
            return .join
        }
    }
}
