import Provisioning
import Synchronization

/// Hands on one notice a second: the first at once, and of those that come too soon the last.
final class NoticePace: Sendable {
    private struct State {
        /// Came too soon, and waits.
        var held: String?
        /// Ends the time in which notices wait; nil where the next goes on at once.
        var pause: Task<Void, Never>?
        var isOver = false
    }

    private static let interval = Duration.seconds(1)

    private let progress: ProgressSink
    private let state = Mutex(State())

    init(_ progress: ProgressSink) {
        self.progress = progress
    }

    func take(_ notice: String) {
        let isEarly = state.withLock { state in
            if state.isOver { return true }
            if state.pause != nil {
                state.held = notice
                return true
            }
            state.pause = Task { [weak self] in
                // A sleep that is cut short is the end of the job.
                while (try? await Task.sleep(for: Self.interval)) != nil, self?.passHeld() == true {}
            }
            return false
        }
        if !isEarly { progress(.notice(notice)) }
    }

    /// Hands on what still waits. Nothing is taken from then on.
    func finish() {
        let (held, pause) = state.withLock { state in
            defer { state = State(isOver: true) }
            return (state.held, state.pause)
        }
        pause?.cancel()
        if let held { progress(.notice(held)) }
    }

    /// Hands on what waits; false where nothing does, and the next goes on at once.
    private func passHeld() -> Bool {
        let held = state.withLock { state in
            defer { state.held = nil }
            if state.held == nil { state.pause = nil }
            return state.held
        }
        if let held { progress(.notice(held)) }
        return held != nil
    }
}
