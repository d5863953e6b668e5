import ArtifactTypes
import Synchronization

/// Hashes a file behind the front of what was written, on a core of its own, while the bytes are still in memory.
///
/// It reads back what the transfer thread wrote: no buffer passes between them, so that memory does not depend on
/// which of them is slower. In the transfer thread itself, hashing would cost one second in two.
final class FrontHasher: Sendable {
    private struct Waiter {
        var size: Int64
        var continuation: CheckedContinuation<Result<ContentDigests, TransferError>, Never>
    }

    private struct State {
        /// How far the file is whole, from its start.
        var front: Int64
        /// All that is there, also beyond the front.
        var filled: Int64
        /// Counts the times the file began anew.
        var generation = 0
        var total: Int64?
        var hasEnded = false
        var failure: TransferError?
        var waiter: Waiter?
    }

    /// Where the hashing stands; of the following task alone.
    private struct Cursor {
        var generation = 0
        var position: Int64 = 0
        var writtenBack: Int64 = 0
        var hash: ContentHash
        var reported: ContinuousClock.Instant?
    }

    /// A slice that the second-level cache holds.
    private static let slice = 256 << 10
    private static let writebackStep: Int64 = 16 << 20
    /// 20 a second: nobody reads faster.
    private static let reportInterval = Duration.milliseconds(50)

    private let file: PartialFile
    private let algorithm: Digest.Algorithm?
    private let size: Int64?
    private let progress: @Sendable (Int64, Int64?) -> Void
    private let arrival: (@Sendable (Download.Arrival) -> Void)?
    private let state: Mutex<State>
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(
        _ file: PartialFile, algorithm: Digest.Algorithm?, size: Int64?, front: Int64, filled: Int64,
        arrival: (@Sendable (Download.Arrival) -> Void)?, progress: @escaping @Sendable (Int64, Int64?) -> Void
    ) {
        self.file = file
        self.algorithm = algorithm
        self.size = size
        self.progress = progress
        self.arrival = arrival
        state = Mutex(State(front: front, filled: filled, total: size))
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        wake.yield()
        if front > 0 { arrival?(.reached(front)) }
    }

    var front: Int64 { state.withLock { $0.front } }

    func expect(total: Int64) {
        state.withLock { $0.total = total }
    }

    /// The file is whole up to `front`.
    func advance(to front: Int64, filled: Int64) {
        let isAhead = state.withLock { state in
            defer { state.front = max(state.front, front) }
            state.filled = filled
            return front > state.front
        }
        wake.yield()
        if isAhead { arrival?(.reached(front)) }
    }

    /// The file was emptied.
    func restart() {
        state.withLock { state in
            state.front = 0
            state.filled = 0
            state.generation += 1
        }
        wake.yield()
        arrival?(.begunAnew)
    }

    /// Waits until all `size` bytes are hashed.
    func digests(size: Int64) async throws(TransferError) -> ContentDigests {
        let result: Result<ContentDigests, TransferError> = await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.hasEnded {
                    continuation.resume(returning: .failure(state.failure ?? .cancelled))
                } else {
                    state.waiter = Waiter(size: size, continuation: continuation)
                }
            }
            wake.yield()
        }
        return try result.get()
    }

    /// Ends `follow`.
    func stop() {
        wake.finish()
    }

    /// Does the work, until `stop` or its task's cancellation.
    func follow() async {
        var cursor = Cursor(hash: ContentHash(for: algorithm, size: size))
        do throws(TransferError) {
            for await _ in wakeUps {
                while try step(&cursor) { await Task.yield() }
            }
            end(.cancelled)
        } catch {
            end(error)
        }
    }

    private func end(_ failure: TransferError) {
        state.withLock { state in
            state.hasEnded = true
            state.failure = failure
            state.waiter?.continuation.resume(returning: .failure(failure))
            state.waiter = nil
        }
    }

    /// Hashes up to 4 MiB, some milliseconds, and says whether there is more.
    private func step(_ cursor: inout Cursor) throws(TransferError) -> Bool {
        let (front, filled, generation, total) = state.withLock { ($0.front, $0.filled, $0.generation, $0.total) }
        if generation != cursor.generation {
            let reported = cursor.reported
            cursor = Cursor(generation: generation, hash: ContentHash(for: algorithm, size: size), reported: reported)
        }
        report(filled, total, &cursor)
        let end = min(front, cursor.position + 4 << 20)
        while cursor.position < end {
            guard try hashSlice(&cursor, upTo: end) else { break }
        }
        if cursor.position - cursor.writtenBack >= Self.writebackStep {
            file.startWriteback(from: cursor.writtenBack, length: cursor.position - cursor.writtenBack)
            cursor.writtenBack = cursor.position
        }
        try answer(cursor)
        return !Task.isCancelled && state.withLock { $0.front > cursor.position || $0.generation != cursor.generation }
    }

    /// False where the file was emptied meanwhile.
    private func hashSlice(_ cursor: inout Cursor, upTo end: Int64) throws(TransferError) -> Bool {
        let length = Int(min(Int64(Self.slice), end - cursor.position))
        let outcome = withUnsafeTemporaryAllocation(byteCount: length, alignment: 64) { buffer in
            Result<Int, TransferError>.from { () throws(TransferError) -> Int in
                let count = try file.read(into: buffer, at: cursor.position)
                cursor.hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return count
            }
        }
        let count = try outcome.get()
        cursor.position += Int64(count)
        if count == 0, state.withLock({ $0.generation }) == cursor.generation {
            throw TransferError(.io(errno: 0), "\(file.path) became shorter while it was written")
        }
        return count > 0
    }

    private func report(_ filled: Int64, _ total: Int64?, _ cursor: inout Cursor) {
        let now = ContinuousClock.now
        if let last = cursor.reported, now - last < Self.reportInterval { return }
        cursor.reported = now
        progress(filled, total)
    }

    private func answer(_ cursor: Cursor) throws(TransferError) {
        let size = state.withLock { $0.generation == cursor.generation ? $0.waiter?.size : nil }
        guard let size, size == cursor.position else { return }
        let digests = try finished(cursor, size: size)
        progress(size, size)
        state.withLock { state in
            state.waiter?.continuation.resume(returning: .success(digests))
            state.waiter = nil
        }
    }

    /// A size that was not known before makes git's id a second pass.
    private func finished(_ cursor: Cursor, size: Int64) throws(TransferError) -> ContentDigests {
        if algorithm == .gitSHA1, self.size == nil {
            var again = Cursor(generation: cursor.generation, hash: ContentHash(for: algorithm, size: size))
            while again.position < size {
                guard try hashSlice(&again, upTo: size) else { break }
            }
            return try again.hash.digests()
        }
        return try cursor.hash.digests()
    }
}
