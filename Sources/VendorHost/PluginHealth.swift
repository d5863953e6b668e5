import Synchronization

/// How often in a row a plug-in has failed by its own fault, over all jobs of this process.
final class PluginHealth: Sendable {
    private struct State {
        var failures = 0
        var reason = ""
    }

    private let state = Mutex(State())

    /// Why it is not started any more: the last failure, once there were more in a row than it may be restarted.
    func disabled(after restarts: Int) -> String? {
        state.withLock { $0.failures > restarts ? $0.reason : nil }
    }

    func failed(_ reason: String) {
        state.withLock { state in
            state.failures += 1
            state.reason = reason
        }
    }

    func succeeded() {
        state.withLock { $0.failures = 0 }
    }
}
