import Synchronization

/// Which processes of ours run at the same time. An orphan that this program inherits can be told to be one's own only
/// while no other could have left it.
final class ProcessCompany: Sendable {
    static let shared = ProcessCompany()

    struct Member: Sendable, Hashable {
        fileprivate let number: Int
    }

    private struct State {
        var next = 0
        /// Members, and whether each has been alone all its life.
        var members: [Member: Bool] = [:]
    }

    private let state = Mutex(State())

    /// A process is about to be started.
    func enter() -> Member {
        state.withLock { state in
            let member = Member(number: state.next)
            state.next += 1
            let isAlone = state.members.isEmpty
            if !isAlone { for other in state.members.keys { state.members[other] = false } }
            state.members[member] = isAlone
            return member
        }
    }

    /// It is surely gone.
    func leave(_ member: Member) {
        state.withLock { $0.members[member] = nil }
    }

    /// Whether no other process of ours has run since `member` was about to start.
    func isAlone(_ member: Member) -> Bool {
        state.withLock { $0.members[member] ?? false }
    }
}
