import Synchronization

/// A task's cancellation, as seen by a thread that is no task.
final class Cancellation: Sendable {
    private let isCancelled = Atomic(false)

    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
    }

    func check() throws(ArchiveError) {
        if isCancelled.load(ordering: .relaxed) { throw ArchiveError(.cancelled, "extraction was cancelled") }
    }
}
