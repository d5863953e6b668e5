import Synchronization

/// Bounds the bytes of log that a plug-in writes, whichever way they come: a bucket that fills at the allowed rate and
/// holds two seconds' worth, so that a burst at the start passes.
final class LogMeter: Sendable {
    private struct State {
        var room: Double
        var filled: ContinuousClock.Instant
    }

    private let rate: Double
    private let state: Mutex<State>

    init(rate: Int) {
        self.rate = Double(rate)
        state = Mutex(State(room: 2 * Double(rate), filled: .now))
    }

    /// False once there is no room left for `bytes` more.
    func admits(_ bytes: Int) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            state.room = min(2 * rate, state.room + rate * ((now - state.filled) / .seconds(1)))
            state.filled = now
            state.room -= Double(bytes)
            return state.room >= 0
        }
    }
}
