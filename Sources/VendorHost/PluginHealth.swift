import Synchronization

/// What is known of a plug-in over all jobs of this process: how often in a row it has failed by its own fault, and what
/// it said that it can.
final class PluginHealth: Sendable {
    private struct State {
        var failures = 0
        var reason = ""
        var resumes = false
    }

    private let state = Mutex(State())

    /// Whether it said last that its `fetch` goes on from what it left.
    var resumes: Bool { state.withLock { $0.resumes } }

    func introduced(resumes: Bool) {
        state.withLock { $0.resumes = resumes }
    }

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
