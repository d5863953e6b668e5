import Synchronization

/// Finds how many connections a download is worth: four times as many as long as the last ones made it faster.
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
        var hasBegun = false
        /// Whether the last connections have had one round without a gain.
        var isDoubtful = false
        var isSettled = false
    }

    /// What a round takes; long enough for a connection to get up to speed.
    private static let interval = Duration.milliseconds(400)
    /// Between two questions of one connection.
    static let patience = Duration.milliseconds(100)

    private let state: Mutex<State>

    init(_ file: SegmentedFile) {
        state = Mutex(State(bytes: file.filledBytes, at: .now))
    }

    /// Asked by each connection that is ready to join, every now and then.
    func decide(_ file: SegmentedFile) -> Decision {
        state.withLock { state in
            if state.isSettled { return .leave }
            let now = ContinuousClock.now
            let bytes = file.filledBytes
            if state.vacancies > 0 {
                state.vacancies -= 1
                state.connections += 1
                // What they bring is measured from when the last of them is there.
                if state.vacancies == 0 { (state.bytes, state.at) = (bytes, now) }
                return .join
            }
            guard let total = file.lead?.journal.total else { return .wait }
            if !state.hasBegun {
                state.hasBegun = true
                (state.bytes, state.at) = (bytes, now)
            }
            guard now - state.at >= Self.interval else { return .wait }
            let rate = Double(max(0, bytes - state.bytes)) / ((now - state.at) / .seconds(1))
            (state.bytes, state.at) = (bytes, now)
            // What is through in two seconds needs no help.
            guard Double(total - bytes) > rate * 2 else { return .wait }
            // Half of a fair share is asked of the connections that came last.
            let growth = 0.5 * Double(state.added) / Double(state.connections - state.added)
            if let before = state.rate, rate < before * (1 + growth) {
                // Over a long way the handshakes alone may take a round.
                state.isSettled = state.isDoubtful
                state.isDoubtful = true
                return state.isSettled ? .leave : .wait
            }
            state.isDoubtful = false
            state.rate = rate
            state.added = 3 * state.connections
            state.vacancies = state.added - 1
            state.connections += 1
            return .join
        }
    }
}
