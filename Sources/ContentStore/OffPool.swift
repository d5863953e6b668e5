import Dispatch
import Synchronization

/// Runs blocking work on a thread of its own and awaits it, so that the cooperative pool stays free.
///
/// Cancellation of the task reaches the work through `Cancellation`; work that never asks runs to its end.
func offPool<T: Sendable>(
    _ work: @escaping @Sendable (Cancellation) throws(StoreError) -> T
) async throws(StoreError) -> T {
    let cancellation = Cancellation()
    let outcome: Result<T, StoreError> = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(StoreError) {
                    continuation.resume(returning: .success(try work(cancellation)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    } onCancel: {
        cancellation.cancel()
    }
    return try outcome.get()
}

/// Whether the task that waits for some blocking work has been cancelled.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    func cancel() { flag.store(true, ordering: .relaxed) }

    func check() throws(StoreError) {
        if flag.load(ordering: .relaxed) { throw .cancelled }
    }
}
