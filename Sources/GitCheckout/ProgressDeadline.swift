import Synchronization

/// What a transfer has brought of use. Keep-alives are none: servers send about a byte a second of them.
final class ProgressMeter: Sendable {
    /// 1,024 bytes: fewer in the whole limit is no progress.
    private static let step = 1024

    private struct State {
        var since = ContinuousClock.now
        var bytes = 0
    }

    private let state = Mutex(State())

    func add(_ bytes: Int) {
        state.withLock { state in
            state.bytes += bytes
            if state.bytes >= Self.step { state = State() }
        }
    }

    var lastProgress: ContinuousClock.Instant { state.withLock { $0.since } }
}

/// Runs `body`, and cancels it once it has made no progress for `limit`.
/// - Throws: `.unavailable` then, else what `body` throws.
func withProgressDeadline<Value: Sendable>(
    _ limit: Duration, of subject: String, _ body: @escaping @Sendable (ProgressMeter) async throws -> Value
) async throws(GitError) -> Value {
    let meter = ProgressMeter()
    do {
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body(meter) }
            group.addTask {
                while true {
                    let due = meter.lastProgress.advanced(by: limit)
                    if ContinuousClock.now >= due {
                        throw GitError(
                            .unavailable, "\(subject) made no progress for \(limit.components.seconds) s",
                            remedy: "try again, or set a longer \"timeout\" for it in vendors.d")
                    }
                    try await Task.sleep(until: due)
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    } catch {
        throw GitError(mapping: error)
    }
}
