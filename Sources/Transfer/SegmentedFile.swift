import Synchronization
import SystemPackage

/// A partial file that several connections may fill, and what is there of it.
final class SegmentedFile: Sendable {
    /// The version that the first connection found, for those that join it.
    struct Lead: Sendable {
        var source: DownloadSource
        var journal: DownloadJournal
    }

    /// A segment to work on. It becomes stale when the file is begun anew.
    struct Share: Sendable, Hashable {
        var start: Int64
        /// Where to begin, and where the request ends; nil for the end of the file.
        var position: Int64
        var end: Int64?
        fileprivate var generation: Int
    }

    private struct State {
        var table: SegmentTable
        var generation = 0
        var lead: Lead?
        var wasDivided: Bool
        /// The exchanges under way, by their segments.
        var workers: [Int64: Worker] = [:]
    }

    private struct Worker {
        var since = ContinuousClock.now
        var from: Int64
        var cancel: @Sendable () -> Void
    }

    let file: PartialFile
    let hasher: FrontHasher
    private let journalPath: FilePath
    private let state: Mutex<State>
    private let writing = Mutex(())

    init(_ file: PartialFile, _ hasher: FrontHasher, _ table: SegmentTable, journal: FilePath) {
        journalPath = journal
        self.file = file
        self.hasher = hasher
        state = Mutex(State(table: table, wasDivided: table.segments.count > 1))
    }

    var front: Int64 { state.withLock { $0.table.front } }
    var filledBytes: Int64 { state.withLock { $0.table.filledBytes } }
    var isDivided: Bool { state.withLock { $0.table.segments.count > 1 } }
    var isWhole: Bool { state.withLock { $0.table.front == $0.lead?.journal.total } }

    var lead: Lead? {
        get { state.withLock { $0.lead } }
        set { state.withLock { $0.lead = newValue } }
    }

    /// Writes the journal of a file that was divided, whose length says nothing any more. One writer at a time.
    func writeRanges() throws(TransferError) {
        try writing.withLock { (_) throws(TransferError) in
            let journal = state.withLock { state -> DownloadJournal? in
                guard state.wasDivided, var journal = state.lead?.journal else { return nil }
                let isWhole = state.table.front == journal.total
                journal.ranges = isWhole ? nil : state.table.filled.map { [$0.lowerBound, $0.upperBound] }
                return journal
            }
            try journal?.write(journalPath)
        }
    }

    /// Writes the journal of a file that is begun anew.
    func write(_ journal: DownloadJournal) throws(TransferError) {
        try writing.withLock { (_) throws(TransferError) in try journal.write(journalPath) }
    }

    /// The first segment that nobody works on: all of it where nobody else works, else a chunk.
    func takeFree() -> Share? {
        state.withLock { state in
            let limit = state.workers.isEmpty ? .max : state.table.chunk
            return state.table.takeFree(atMost: limit).map { Self.share($0, state) }
        }
    }

    /// The share of one more connection.
    func take() -> (Share, Lead)? {
        state.withLock { state in
            guard let lead = state.lead, lead.journal.total != nil, let segment = state.table.take() else { return nil }
            state.wasDivided = state.table.segments.count > 1
            return (Self.share(segment, state), lead)
        }
    }

    func giveBack(_ share: Share) {
        state.withLock { if $0.generation == share.generation { $0.table.giveBack(share.start) } }
    }

    /// Runs the exchange for a share, which `cutSlowest` may cancel.
    func working<Value: Sendable>(
        on share: Share, _ exchange: @escaping @Sendable () async -> Value
    ) async -> Value {
        let task = Task { await exchange() }
        state.withLock { $0.workers[share.start] = Worker(from: share.position) { task.cancel() } }
        defer { state.withLock { _ = $0.workers.removeValue(forKey: share.start) } }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Cancels the exchange that will take far longer for its rest than a connection of `rate` bytes a second would.
    /// What it leaves is free.
    func cutSlowest(rate: Double) {
        let now = ContinuousClock.now
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            var slowest: (start: Int64, seconds: Double)?
            for (start, worker) in state.workers {
                let elapsed = (now - worker.since) / .seconds(1)
                // A connection has to get up to speed.
                guard elapsed > 1, let segment = state.table[start], segment.end != .max else { continue }
                let own = Double(segment.position - worker.from) / elapsed
                let seconds = Double(segment.rest) / max(own, 1)
                guard seconds > 2 + 4 * Double(segment.rest) / rate, seconds > slowest?.seconds ?? 0 else { continue }
                slowest = (start, seconds)
            }
            return slowest.flatMap { state.workers.removeValue(forKey: $0.start)?.cancel }
        }
        cancel?()
    }

    /// Where the share ends by now; nil once it is stale.
    func end(of share: Share) -> Int64? {
        state.withLock { $0.generation == share.generation ? $0.table[share.start]?.end : nil }
    }

    func advance(_ share: Share, to position: Int64) {
        state.withLock { state in
            guard state.generation == share.generation else { return }
            state.table.advance(share.start, to: position)
            hasher.advance(to: state.table.front, filled: state.table.filledBytes)
        }
    }

    func close(at size: Int64) {
        state.withLock { $0.table.close(at: size) }
    }

    /// Empties the file. All shares become stale but the one that is returned, the whole.
    @discardableResult
    func restart(size: Int64?, isTaken: Bool) throws(TransferError) -> Share? {
        // In this order: who reads what was written (the hasher, an extraction) and found the file shorter without
        // knowing why would give up; and a connection whose share is still valid would move the front on.
        state.withLock { state in
            state.generation += 1
            state.table = SegmentTable(held: 0, size: size)
            state.lead = nil
            hasher.restart()
        }
        try file.truncate()
        return state.withLock { state in
            guard isTaken else { return nil }
            return state.table.takeFree().map { Self.share($0, state) }
        }
    }

    private static func share(_ segment: SegmentTable.Segment, _ state: State) -> Share {
        let isLast = segment.start == state.table.segments.last?.start
        return Share(
            start: segment.start, position: segment.position, end: isLast ? nil : segment.end,
            generation: state.generation)
    }
}
