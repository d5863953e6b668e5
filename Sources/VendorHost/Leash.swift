import Processes
import Provisioning
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Holds a plug-in's task, to be cut when a limit is exceeded or its job is cancelled, and knows what it is at.
final class Leash: Sendable {
    enum Stage: String, Sendable {
        case start
        case initialize
        case resolve
        case fetch
        case shutdown
    }

    private struct State {
        var stage = Stage.start
        var limit = Duration.zero
        var reason: ProvisionError?
        var cancel: (@Sendable () -> Void)?
        var hasEnded = false
        var hasAnswered = false
        var status: ProcessStatus?
        var deadline: Task<Void, Never>?
        var farewell: (@Sendable () async -> Void)?
    }

    /// How long a plug-in has to end by itself once it was told that its job is cancelled. With the time to kill it,
    /// a cancelled job ends within a second.
    private static let grace = Duration.milliseconds(300)

    private let state = Mutex(State())

    var stage: Stage { state.withLock { $0.stage } }

    /// Why the leash was cut; the first reason is kept.
    var reason: ProvisionError? { state.withLock { $0.reason } }

    /// Whether the plug-in closed its output, by ending or otherwise, while it was waited for.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Whether the plug-in reported an error of its own: it works, and what it was asked for does not.
    var hasAnswered: Bool { state.withLock { $0.hasAnswered } }

    /// How the process ended by itself; nil where it may have been ended by us.
    var status: ProcessStatus? {
        let status = state.withLock { $0.status }
        return status == .signalled(SIGTERM) || (status == .signalled(SIGKILL) && !hasEnded) ? nil : status
    }

    func note(_ status: ProcessStatus) { state.withLock { $0.status = status } }

    func noteEnd() { state.withLock { $0.hasEnded = true } }

    func noteAnswer() { state.withLock { $0.hasAnswered = true } }

    /// - Parameter cancel: ends the task, and with it the process.
    func hold(_ cancel: @escaping @Sendable () -> Void) {
        let isCut = state.withLock { state in
            state.cancel = cancel
            return state.reason != nil
        }
        if isCut { cancel() }
    }

    /// Cancels the task, and with it kills the process and all that it started.
    func cut(_ reason: ProvisionError) {
        let cancel = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            return state.cancel
        }
        cancel?()
    }

    /// The plug-in is at `stage` from now on, and the leash is cut if it is there longer than `limit`.
    func enter(_ stage: Stage, limit: Duration) {
        let deadline = Task { [weak self] in
            // A sleep that is cut short is a stage that was left in time.
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            self?.cut(ProvisionError(.unavailable, "no answer within \(limit.inSeconds)"))
        }
        let previous = state.withLock { state in
            defer { state.deadline = deadline }
            state.stage = stage
            state.limit = limit
            return state.deadline
        }
        previous?.cancel()
    }

    /// A sign of life: a stage that is limited by silence begins anew. The others go by the clock alone.
    func renew() {
        let (stage, limit) = state.withLock { ($0.stage, $0.limit) }
        if stage == .fetch { enter(stage, limit: limit) }
    }

    /// The last stage is over.
    func finish() {
        state.withLock { $0.deadline }?.cancel()
    }

    /// What to tell the plug-in before it is killed because its job was cancelled.
    func onCancel(_ farewell: @escaping @Sendable () async -> Void) {
        state.withLock { $0.farewell = farewell }
    }

    /// Says farewell and cuts the leash, whether or not the plug-in listens.
    func cancel() {
        let farewell = state.withLock { $0.farewell }
        let goodbye = Task { await farewell?() }
        Task {
            if farewell != nil { try? await Task.sleep(for: Self.grace) }
            goodbye.cancel()
            cut(ProvisionError(.cancelled, "cancelled"))
        }
    }
}

extension Duration {
    fileprivate var inSeconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
