/// One more connection for a large file: it takes chunk after chunk.
///
/// It decides nothing: whatever goes wrong, it leaves its share to the leading connection, which knows about retries,
/// mirrors and expired URLs.
struct SegmentHelper: Sendable {
    let engine: TransferEngine
    let file: SegmentedFile
    let access: TransferAccess
    let pacer: ConnectionPacer

    /// Smaller files are through before a second connection is up to speed.
    static let minimumSize: Int64 = 64 << 20

    /// Works once the pacer sees a gain in it. Returns the bytes it fetched.
    func run() async -> Int64 {
        guard await isWanted() else { return 0 }
        var fetched: Int64 = 0
        var rate = 0.0
        while !Task.isCancelled {
            guard let (share, lead) = file.take() else {
                // Whoever is last and slow is not waited for.
                if rate > 0 { file.cutSlowest(rate: rate) }
                if file.isWhole { break }
                try? await Task.sleep(for: Self.patience)
                continue
            }
            let started = ContinuousClock.now
            let report = await file.working(on: share) { await fetch(share, lead) }
            let end = file.end(of: share)
            file.giveBack(share)
            fetched += report?.received ?? 0
            guard let report, report.failure == nil, let end, report.position >= end else { break }
            rate = Double(report.received) / max(0.001, (ContinuousClock.now - started) / .seconds(1))
        }
        return fetched
    }

    /// Between two looks whether something is left to do.
    private static let patience = Duration.milliseconds(200)

    /// False when the download is through, or no connection more would make it faster.
    private func isWanted() async -> Bool {
        while (try? await Task.sleep(for: ConnectionPacer.patience)) != nil {
            switch pacer.decide(file) {
            case .join: return true
            case .leave: return false
            case .wait: continue
            }
        }
        return false
    }

    private func fetch(_ share: SegmentedFile.Share, _ lead: SegmentedFile.Lead) async -> DownloadSink.Report? {
        let question = DownloadQuestion(
            offset: share.position, held: share.position, size: lead.journal.total, hasDigest: true,
            entityTag: lead.journal.entityTag, total: lead.journal.total)
        let sink = DownloadSink(question, source: lead.source, share: share, of: file, isLeading: false)
        do throws(TransferError) {
            // From now on the file's length says nothing: the journal must say so before the first byte lies far ahead.
            try file.writeRanges()
            _ = try await engine.perform(
                Call(question, from: lead.source, until: share.end, access: access), into: sink)
        } catch {
            let report = sink.finish()
            return report.received > 0 ? report : nil
        }
        return sink.finish()
    }
}

extension Call {
    /// In bytes.
    private static let maximumMultiplexedSize: Int64 = 1 << 20

    /// What asks for a content, or for the part of it from `question.offset` up to `end`.
    init(_ question: DownloadQuestion, from source: DownloadSource, until end: Int64?, access: TransferAccess) {
        self.init(url: source.url, secretHeaders: source.secretHeaders, access: access)
        // HTTP/2 would put the parts of a large file on one connection, and saves many small ones theirs.
        allowsHTTP2 = question.size ?? .max <= Self.maximumMultiplexedSize
        headers["Accept-Encoding"] = "identity"
        guard let offset = question.offset else { return }
        headers["Range"] = "bytes=\(offset)-" + (end.map { "\($0 - 1)" } ?? "")
        if let tag = question.entityTag { headers["If-Range"] = tag }
    }
}
