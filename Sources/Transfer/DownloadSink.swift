import Synchronization

/// Writes the body of one attempt into its share of the partial file, behind the judgement of its head.
final class DownloadSink: AnswerSink {
    struct Report: Sendable {
        /// Nil where no head came.
        var judgement: DownloadJudgement?
        /// What is worked on: another share than before where the file was begun anew.
        var share: SegmentedFile.Share
        /// How far it was written, and the content's size where it is known.
        var position: Int64 = 0
        var total: Int64?
        /// Payload of this attempt, in bytes.
        var received: Int64 = 0
        var failure: TransferError?
        /// The new journal, where the file was begun anew.
        var journal: DownloadJournal?
    }

    private struct State: ~Copyable {
        var report: Report
        /// Nil until a head was judged to bring content.
        var writer: ShareWriter?
    }

    private let question: DownloadQuestion
    private let source: DownloadSource
    private let file: SegmentedFile
    /// Whether this is the connection that decides which version of the content is fetched; others join it.
    private let isLeading: Bool
    private let state: Mutex<State>

    init(
        _ question: DownloadQuestion, source: DownloadSource, share: SegmentedFile.Share, of file: SegmentedFile,
        isLeading: Bool
    ) {
        self.question = question
        self.source = source
        self.file = file
        self.isLeading = isLeading
        state = Mutex(State(report: Report(share: share), writer: nil))
    }

    /// Ends the attempt: writes what is still gathered, and tells what came of it. After the exchange's end alone.
    func finish() -> Report {
        state.withLock { state in
            let remaining = remaining(state.report)
            do throws(TransferError) {
                try state.writer?.flush(remaining: remaining)
            } catch {
                state.report.failure = state.report.failure ?? error
            }
            state.writer = nil
            return state.report
        }
    }

    func begin(_ head: ResponseHead) -> BodyDecision {
        let judgement = question.judge(head, url: safe)
        return state.withLock { state in
            state.report.judgement = judgement
            do throws(TransferError) {
                switch judgement {
                case .append(let total):
                    try goOn(total, &state.report)
                case .whole(let total):
                    guard isLeading else { return .discard }
                    try beginAnew(head, total ?? question.size, &state.report)
                case .invalid(let error): throw error
                case .complete, .startOver, .refused: return .discard
                }
            } catch {
                state.report.failure = error
                return .discard
            }
            state.writer = ShareWriter(state.report.share, of: file, at: state.report.position)
            return .take
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        state.withLock { state in
            guard let end = file.end(of: state.report.share) else { return .stop }
            let limit = min(end, state.report.total ?? question.maximumBytes ?? .max)
            let count = Int(min(Int64(bytes.count), max(0, limit - state.report.position)))
            let remaining = remaining(state.report)
            do throws(TransferError) {
                try state.writer?.append(.init(rebasing: bytes[..<count]), remaining: remaining)
            } catch {
                state.report.failure = error
                return .stop
            }
            state.report.position += Int64(count)
            state.report.received += Int64(count)
            let isCut = end < state.report.share.end ?? state.report.total ?? .max
            if state.report.position == end, isCut { return .stop }
            guard count < bytes.count else { return .taken }
            state.report.failure = overrun(state.report)
            return .stop
        }
    }

    private func remaining(_ report: Report) -> Int64? {
        report.total.map { $0 - report.position }
    }

    private var safe: String { WebAddress.redacted(source.url) }

    private func goOn(_ total: Int64, _ state: inout Report) throws(TransferError) {
        state.position = question.offset ?? 0
        state.total = total
        guard isLeading else { return }
        // The validator is known to be that of what is held only where both came from the same source.
        let journal = DownloadJournal(source: safe, entityTag: question.entityTag, total: total)
        try lead(journal, total)
    }

    /// First the file is emptied, then the journal says of what it will be: a kill between leaves nothing to mistake.
    private func beginAnew(_ head: ResponseHead, _ total: Int64?, _ state: inout Report) throws(TransferError) {
        if question.held > 0 {
            guard let share = try file.restart(size: total, isTaken: true) else { return }
            state.share = share
        }
        let journal = DownloadJournal(source: safe, entityTag: head.strongEntityTag, total: total)
        // A digest proves what is held of a file that nobody divides.
        if !question.hasDigest || total ?? .max >= SegmentHelper.minimumSize { try file.write(journal) }
        state.journal = journal
        state.position = 0
        state.total = total
        try lead(journal, total)
    }

    private func lead(_ journal: DownloadJournal, _ total: Int64?) throws(TransferError) {
        file.lead = SegmentedFile.Lead(source: source, journal: journal)
        guard let total else { return }
        file.close(at: total)
        file.hasher.expect(total: total)
        try file.file.reserve(total)
    }

    private func overrun(_ state: Report) -> TransferError {
        if let total = state.total {
            return TransferError(.sizeMismatch, "the body is longer than the \(total) bytes expected", url: safe)
        }
        return TransferError(
            .tooLarge, "the body is longer than \(question.maximumBytes ?? 0) bytes allowed", url: safe)
    }
}
