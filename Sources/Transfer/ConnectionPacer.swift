import Synchronization

/// Finds how many connections a download is worth: twice as many as long as the last ones made it faster.
final class ConnectionPacer: Sendable {
    enum Decision: Sendable {
        case join
        case wait
        case leave
    }

    private struct State {
        var connections = 1
        /// How many of them came in the last round, and how many of that round are still to come.
        var added = 0
        var vacancies = 0
        var bytes: Int64
        var at: ContinuousClock.Instant
        var rate: Double?
        var isSettled = false
    }

    /// Between two rounds; long enough for a connection to get up to speed.
    static let interval = Duration.milliseconds(400)

    private let state: Mutex<State>

    init(_ file: SegmentedFile) {
        state = Mutex(State(bytes: file.filledBytes, at: .now))
    }

    /// Asked by each connection that is ready to join, every now and then.
    func decide(_ file: SegmentedFile) -> Decision {
        state.withLock { state in
            if state.isSettled { return .leave }
            if state.vacancies > 0 {
                state.vacancies -= 1
                state.connections += 1
                return .join
            }
            let now = ContinuousClock.now
            guard now - state.at >= Self.interval, let total = file.lead?.journal.total else { return .wait }
            let bytes = file.filledBytes
            let rate = Double(max(0, bytes - state.bytes)) / ((now - state.at) / .seconds(1))
            (state.bytes, state.at) = (bytes, now)
            // What is through in two seconds needs no help.
            guard Double(total - bytes) > rate * 2 else { return .wait }
            // Half of a fair share is asked of the connections that came last.
            let growth = 0.5 * Double(state.added) / Double(state.connections - state.added)
            if let before = state.rate, rate < before * (1 + growth) {
                state.isSettled = true
                return .leave
            }
            state.rate = rate
            state.added = state.connections
            state.vacancies = state.added - 1
            state.connections += 1
            return .join
        }
    }
}
