import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process group of one child: everything that it started and that did not leave the group.
///
/// The child leads a session of its own, so its id is the group's. It is not reaped before `finish`, so until then
/// the id cannot name anyone else. With `escapees`, those who left the group are ended with it.
final class ProcessTree: Sendable {
    /// Why the tree was ended before it ended by itself.
    enum Ending: Sendable, Hashable {
        case timedOut
        case readTimedOut(Duration)
        case outputLimit
    }

    /// Between TERM and KILL. Cancellation must be over within a second.
    static let grace = Duration.milliseconds(300)

    let leader: Int32
    private let escapees: Escapees?
    private let state = Mutex(State())

    private struct State {
        var ending: Ending?
        var isFinished = false
    }

    init(leader: Int32, escapees: Escapees? = nil) {
        self.leader = leader
        self.escapees = escapees
    }

    /// Why we ended it, if we did.
    var ending: Ending? { state.withLock { $0.ending } }

    /// Ends the tree: TERM, a short grace, KILL.
    func end(_ ending: Ending) async {
        state.withLock { if $0.ending == nil { $0.ending = ending } }
        await stop()
    }

    /// Ends the tree, for a reason that is told elsewhere.
    func stop() async {
        noteEscapees()
        signal(SIGTERM)
        // Cancelled is a shorter grace and no reason to leave anyone alive.
        try? await Task.sleep(for: Self.grace)
        signal(SIGKILL)
    }

    /// Kills what is left of the tree. Nothing is signalled from then on.
    func finish() {
        signal(SIGKILL)
        escapees?.end(leader: leader)
        state.withLock { $0.isFinished = true }
    }

    /// Remembers who descends from the leader: once it is gone, its children are no longer told from others.
    func noteEscapees() {
        state.withLock { state in
            if !state.isFinished { escapees?.note(leader: leader) }
        }
    }

    private func signal(_ number: Int32) {
        state.withLock { state in
            // A group without members is what we want: ESRCH is no failure.
            if !state.isFinished { _ = kill(-leader, number) }
        }
    }
}
