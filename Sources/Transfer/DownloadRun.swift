import ArtifactTypes

/// One download on its way: its sources in turn, their attempts, and the verdict on what they brought.
struct DownloadRun {
    let engine: TransferEngine
    let download: Download
    let file: SegmentedFile
    let policy: RetryPolicy

    var sources: [DownloadSource]
    var index = 0
    var skipped: [SkippedSource] = []
    var journal: DownloadJournal?

    /// Attempts of this source that failed since the last progress.
    var attempts = 0
    /// Whether the last attempt brought any content, and whether so much that it does not count as a failed one.
    var hasReceived = false
    var hasProgressed = false
    /// The most that has been there.
    var highWater: Int64
    /// How often this source's content was wrong.
    var mismatches = 0
    /// How often this source's answers did not fit what is held.
    var restarts = 0
    var refreshes = 0
    var refreshedAt: Int64?

    private var fetched: Int64 = 0
    private var entityTag: String?
    private var finalURL: String?

    /// Progress that makes earlier failures forgotten.
    static let progressStep: Int64 = 1 << 20
    static let maximumRefreshes = 100

    init(
        engine: TransferEngine, download: Download, file: SegmentedFile, journal: DownloadJournal?
    ) {
        self.engine = engine
        self.download = download
        self.file = file
        self.journal = journal
        policy = RetryPolicy(engine.configuration)
        sources = download.sources
        highWater = file.filledBytes
    }

    /// Tries the sources until one has delivered.
    mutating func outcome() async throws(TransferError) -> DownloadOutcome {
        while true {
            let size = try await fetch()
            let digests = try await file.hasher.digests(size: size)
            if let digest = download.digest, !digests.matches(digest) {
                try contentIsWrong(digest, digests)
                continue
            }
            return DownloadOutcome(
                size: size, sha256: digests.sha256, verified: download.digest != nil, fetchedBytes: fetched,
                entityTag: entityTag, finalURL: finalURL, skipped: skipped)
        }
    }

    /// Fetches until the whole content lies in the file; returns its size. Other connections may help.
    private mutating func fetch() async throws(TransferError) -> Int64 {
        let result = await withTaskGroup(of: Int64.self, returning: Result<Int64, TransferError>.self) { group in
            startHelpers(in: &group)
            var result: Result<Int64, TransferError>
            do throws(TransferError) {
                result = .success(try await lead(&group))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            for await count in group { fetched += count }
            return result
        }
        // Also after a failure: what lies beyond the front is gone on from later.
        let noted = Result<Void, TransferError>.from { () throws(TransferError) in try file.writeRanges() }
        let size = try result.get()
        try noted.get()
        return size
    }

    private func startHelpers(in group: inout TaskGroup<Int64>) {
        // Without a digest nothing would prove that parts of several answers are one content.
        guard download.digest != nil, (download.size ?? .max) >= SegmentHelper.minimumSize else { return }
        let helper = SegmentHelper(
            engine: engine, file: file, access: download.access, pacer: ConnectionPacer(file))
        for _ in 1..<max(2, engine.configuration.maximumHostConnections) {
            group.addTask { await helper.run() }
        }
        group.addTask { [file] in
            // At 40 MB/s a connection, 4 MB of it: what a kill may cost.
            while (try? await Task.sleep(for: .milliseconds(100))) != nil {
                guard file.isDivided else { continue }
                // The next one may succeed; the last one, by `fetch`, must.
                try? file.writeRanges()
            }
            return 0
        }
    }

    /// The leading connection: takes what nobody works on, until nothing is missing.
    private mutating func lead(_ group: inout TaskGroup<Int64>) async throws(TransferError) -> Int64 {
        while true {
            if let size = download.size ?? file.lead?.journal.total, file.front == size { return size }
            if !canProve(sources[index]) { try discard() }
            guard let share = file.takeFree() else {
                // Helpers have the rest; what one of them leaves is free again.
                try await waitForHelpers(&group)
                continue
            }
            let end: AttemptEnd
            do throws(TransferError) {
                end = try await attempt(share)
            } catch {
                try await recover(from: error)
                continue
            }
            switch end {
            case .complete(let size): return size
            case .more: continue
            case .cut: try await waitForHelpers(&group)
            case .startOver: try startOver()
            case .refused(let head, let address): try await refused(head, at: address)
            }
        }
    }

    /// Until one of them ends, or for a moment: then something may be free.
    private mutating func waitForHelpers(_ group: inout TaskGroup<Int64>) async throws(TransferError) {
        group.addTask {
            try? await Task.sleep(for: .milliseconds(500))
            return 0
        }
        if let count = await group.next() { fetched += count }
        if Task.isCancelled { throw .cancelled }
    }

    private enum AttemptEnd {
        case complete(Int64)
        case more
        /// A faster connection takes over.
        case cut
        case startOver
        case refused(ResponseHead, WebAddress)
    }

    private mutating func attempt(_ share: SegmentedFile.Share) async throws(TransferError) -> AttemptEnd {
        let source = sources[index]
        let question = question(to: source, share)
        var call = Call(question, from: source, until: share.end, access: download.access)
        call.patience = patience
        let sink = DownloadSink(question, source: source, share: share, of: file, isLeading: true)
        let result = await file.working(on: share) { [engine, call] in
            await Result<Answer, TransferError>.catching { () async throws(TransferError) in
                try await engine.perform(call, into: sink)
            }
        }
        let report = sink.finish()
        note(report)
        if case .failure(let error) = result, error.code == .cancelled, !Task.isCancelled { return .cut }
        let answer = try result.get()
        if let failure = report.failure { throw failure }
        entityTag = answer.head.headers["etag"]
        finalURL = answer.address.safe
        switch report.judgement {
        case .append, .whole:
            guard let total = report.total else {
                file.close(at: report.position)
                return .complete(report.position)
            }
            if let end = file.end(of: report.share), report.position < end {
                throw TransferError(
                    .connect, "the body ended at \(report.position) of \(total) bytes", url: answer.address.safe)
            }
            return .more
        case .complete: return .complete(question.held)
        case .startOver: return .startOver
        case .refused, .invalid, nil: return .refused(answer.head, answer.address)
        }
    }

    /// Whether what is held can be proven to be this source's, or the published content.
    private func canProve(_ source: DownloadSource) -> Bool {
        file.filledBytes == 0 || download.digest != nil
            || journal?.source == WebAddress.redacted(source.url) && journal?.entityTag != nil
    }

    private func question(to source: DownloadSource, _ share: SegmentedFile.Share) -> DownloadQuestion {
        var question = DownloadQuestion(
            held: file.filledBytes, size: download.size, maximumBytes: download.maximumBytes,
            hasDigest: download.digest != nil)
        guard question.held > 0 else { return question }
        if let journal, journal.source == WebAddress.redacted(source.url) {
            question.entityTag = journal.entityTag
            question.total = journal.total
        }
        question.offset = share.position
        return question
    }

    private mutating func note(_ report: DownloadSink.Report) {
        file.giveBack(report.share)
        fetched += report.received
        hasReceived = report.received > 0
        if let journal = report.journal { self.journal = journal }
        hasProgressed = file.filledBytes - highWater >= Self.progressStep
        if hasProgressed { attempts = 0 }
        highWater = max(highWater, file.filledBytes)
    }

    func discard() throws(TransferError) {
        try file.restart(size: download.size, isTaken: false)
        if let size = download.size { try file.file.reserve(size) }
    }
}
