import ArtifactTypes

extension TransferEngine {
    /// Fetches one file into `download.partial`, going on from what lies there, and returns when it is whole, matches
    /// what was published, and is on the disk.
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
        let hasher = FrontHasher(
            file, algorithm: download.digest?.algorithm, size: download.size,
            front: try Self.usableLength(of: file, download, journal), progress: progress)
        if let size = download.size { try file.reserve(size) }

        async let following: Void = hasher.follow()
        var run = DownloadRun(engine: self, download: download, file: file, hasher: hasher, journal: journal)
        let result = await Result<DownloadOutcome, TransferError>.catching { () async throws(TransferError) in
            try await run.outcome()
        }
        hasher.stop()
        await following
        return try result.get()
    }

    /// How much of the file may be gone on from; what may not is emptied.
    private static func usableLength(
        of file: PartialFile, _ download: Download, _ journal: DownloadJournal?
    ) throws(TransferError) -> Int64 {
        let length = try file.length()
        let isTooLong = (download.size ?? download.maximumBytes).map { length > $0 } ?? false
        let isOfOtherSize = journal?.total.map { $0 != download.size ?? $0 } ?? false
        let isUnproven = download.digest == nil && journal?.entityTag == nil
        guard length > 0, isTooLong || isOfOtherSize || isUnproven else { return length }
        try file.truncate()
        return 0
    }
}
