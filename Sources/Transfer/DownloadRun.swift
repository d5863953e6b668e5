import ArtifactTypes

/// One download on its way: its sources in turn, their attempts, and the verdict on what they brought.
struct DownloadRun {
    let engine: TransferEngine
    let download: Download
    let file: PartialFile
    let hasher: FrontHasher
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
    /// The furthest that the front has been.
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
        engine: TransferEngine, download: Download, file: PartialFile, hasher: FrontHasher, journal: DownloadJournal?
    ) {
        self.engine = engine
        self.download = download
        self.file = file
        self.hasher = hasher
        self.journal = journal
        policy = RetryPolicy(engine.configuration)
        sources = download.sources
        highWater = hasher.front
    }

    /// Tries the sources until one has delivered, and waits until the content is on the disk.
    mutating func outcome() async throws(TransferError) -> DownloadOutcome {
        while true {
            let size = try await fetch()
            let digests = try await hasher.digests(size: size)
            if let digest = download.digest, !digests.matches(digest) {
                try contentIsWrong(digest, digests)
                continue
            }
            try await file.synchronize()
            return DownloadOutcome(
                size: size, sha256: digests.sha256, verified: download.digest != nil, fetchedBytes: fetched,
                entityTag: entityTag, finalURL: finalURL, skipped: skipped)
        }
    }

    /// Attempts until the whole content lies in the file; returns its size.
    private mutating func fetch() async throws(TransferError) -> Int64 {
        while true {
            if let size = download.size, download.digest != nil, hasher.front == size { return size }
            let end: AttemptEnd
            do throws(TransferError) {
                end = try await attempt()
            } catch {
                try await recover(from: error)
                continue
            }
            switch end {
            case .complete(let size): return size
            case .startOver: try startOver()
            case .refused(let head, let address): try await refused(head, at: address)
            }
        }
    }

    private enum AttemptEnd {
        case complete(Int64)
        case startOver
        case refused(ResponseHead, WebAddress)
    }

    private mutating func attempt() async throws(TransferError) -> AttemptEnd {
        let source = sources[index]
        let question = try question(to: source)
        let safe = WebAddress.redacted(source.url)
        let sink = DownloadSink(question, source: safe, journal: download.journal, file: file, hasher: hasher)
        var call = Call(url: source.url, secretHeaders: source.secretHeaders, access: download.access)
        call.headers["Accept-Encoding"] = "identity"
        if let offset = question.offset {
            call.headers["Range"] = "bytes=\(offset)-"
            if let tag = question.entityTag { call.headers["If-Range"] = tag }
        }
        let prepared = call
        let result = await Result<Answer, TransferError>.catching { [engine] () async throws(TransferError) in
            try await engine.perform(prepared, into: sink)
        }
        let report = sink.report
        note(report)
        let answer = try result.get()
        if let failure = report.failure { throw failure }
        entityTag = answer.head.headers["etag"]
        finalURL = answer.address.safe
        switch report.judgement {
        case .append, .whole:
            if let total = report.total, report.position < total {
                throw TransferError(
                    .connect, "the body ended at \(report.position) of \(total) bytes", url: answer.address.safe)
            }
            return .complete(report.position)
        case .complete: return .complete(question.held)
        case .startOver: return .startOver
        case .refused, .invalid, nil: return .refused(answer.head, answer.address)
        }
    }

    /// Decides what to ask for; what is held and cannot be proven the source's is given up.
    private func question(to source: DownloadSource) throws(TransferError) -> DownloadQuestion {
        var question = DownloadQuestion(
            held: hasher.front, size: download.size, maximumBytes: download.maximumBytes,
            hasDigest: download.digest != nil)
        guard question.held > 0 else { return question }
        if let journal, journal.source == WebAddress.redacted(source.url) {
            question.entityTag = journal.entityTag
            question.total = journal.total
        }
        guard question.entityTag != nil || question.hasDigest else {
            try discard()
            question.held = 0
            return question
        }
        // A server has no range that begins at the end: where all is there and no digest can say so, the last byte is
        // asked for again, with the validator.
        let isWhole = question.held == question.size ?? question.total
        question.offset = isWhole && !question.hasDigest ? question.held - 1 : question.held
        return question
    }

    private mutating func note(_ report: DownloadSink.Report) {
        fetched += report.received
        hasReceived = report.received > 0
        if let journal = report.journal { self.journal = journal }
        hasProgressed = hasher.front - highWater >= Self.progressStep
        if hasProgressed { attempts = 0 }
        highWater = max(highWater, hasher.front)
    }

    func discard() throws(TransferError) {
        try file.truncate()
        hasher.restart()
        if let size = download.size { try file.reserve(size) }
    }
}
