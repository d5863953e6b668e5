import Synchronization

/// A task's cancellation, as seen by a thread that is no task.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() {
        flag.store(true, ordering: .relaxed)
    }

    func check() throws(ArchiveError) {
        if isCancelled { throw ArchiveError(.cancelled, "extraction was cancelled") }
    }
}
