import ArtifactTypes
import SystemPackage

extension TransferEngine {
    /// Fetches one file into `download.partial`, going on from what lies there, and returns when it is whole and matches
    /// what was published. Whoever keeps the file makes it durable.
    ///
    /// - What is held is hashed from the disk again; it is kept where a strong ETag proves the server's version the same
    ///   (RFC 9110, 13.1.5), or where a digest will prove the whole.
    /// - Broken attempts go on from where they ended, after growing waits; an attempt that moved 1 MiB ahead does not
    ///   count. A source that fails for good is passed over for the next one.
    /// - Content that does not match is fetched once more from its start, a source, and is then deleted.
    /// - Cancellation takes effect at once and leaves a partial that a later call goes on from.
    ///
    /// - Parameter progress: called up to 20 times a second, from some task, with the bytes that are there and the size
    ///   where it is known. The bytes may become fewer, when a file must be begun anew.
    /// - Throws: the last source's failure, or `digestMismatch` where any source's content was wrong; `io`,
    ///   `insufficientSpace` (known before the first byte where the size is), `cancelled` at once.
    public func download(
        _ download: Download, progress: @escaping @Sendable (_ received: Int64, _ total: Int64?) -> Void
    ) async throws(TransferError) -> DownloadOutcome {
        guard !download.sources.isEmpty else { throw TransferError(.unsupported, "a download without sources") }
        if let size = download.size {
            guard size >= 0 else { throw TransferError(.unsupported, "a size of \(size) bytes") }
            if let limit = download.maximumBytes, size > limit {
                throw TransferError(.tooLarge, "\(size) bytes are more than \(limit) allowed")
            }
        }
        let file = try PartialFile(download.partial)
        let journal = DownloadJournal.read(download.journal)
        let table = try Self.usableContent(of: file, download, journal)
        let hasher = FrontHasher(
            file, algorithm: download.digest?.algorithm, size: download.size, front: table.front,
            filled: table.filledBytes, arrival: download.arrival, progress: progress)
        if let size = download.size { try file.reserve(size) }

        async let following: Void = hasher.follow()
        var run = DownloadRun(
            engine: self, download: download, file: SegmentedFile(file, hasher, table, journal: download.journal),
            journal: journal)
        let result = await Result<DownloadOutcome, TransferError>.catching { () async throws(TransferError) in
            try await run.outcome()
        }
        hasher.stop()
        await following
        return try result.get()
    }

    /// How much of the file may be gone on from; a file that may not is emptied.
    private static func usableContent(
        of file: PartialFile, _ download: Download, _ journal: DownloadJournal?
    ) throws(TransferError) -> SegmentTable {
        let length = try file.length()
        if let table = download.usableContent(length: length, journal) { return table }
        if length > 0 { try file.truncate() }
        return SegmentTable(held: 0, size: download.size)
    }
}

extension Download {
    /// How many bytes the partial has that the download would go on from.
    public var heldBytes: Int64 {
        guard let length = try? partial.stat(followTargetSymlink: false).size else { return 0 }
        return usableContent(length: length, DownloadJournal.read(journal))?.filledBytes ?? 0
    }

    /// What of a partial of `length` bytes may be gone on from; nil where nothing may.
    fileprivate func usableContent(length: Int64, _ journal: DownloadJournal?) -> SegmentTable? {
        let total = size ?? journal?.total
        let isTooLong = (size ?? maximumBytes).map { length > $0 } ?? false
        let isOfOtherSize = journal?.total.map { $0 != total } ?? false
        let isUnproven = digest == nil && (journal?.entityTag == nil || journal?.ranges != nil)
        guard length > 0, !isTooLong, !isOfOtherSize, !isUnproven else { return nil }
        // A server has no range that begins at the end: where all is there and no digest can say so, the last byte is
        // asked for again, with the validator.
        let isWhole = length == total && digest == nil
        guard let ranges = journal?.ranges else {
            return SegmentTable(held: isWhole ? length - 1 : length, size: size)
        }
        return total.flatMap { SegmentTable(ranges, size: $0, length: length) }
    }
}

extension SegmentTable {
    /// What a journal says; nil where it cannot be true.
    fileprivate init?(_ ranges: [[Int64]], size: Int64, length: Int64) {
        var filled: [Range<Int64>] = []
        for range in ranges {
            guard range.count == 2, range[0] >= 0, range[0] < range[1], range[1] <= length else { return nil }
            filled.append(range[0]..<range[1])
        }
        self.init(filled: filled, size: size)
    }
}
