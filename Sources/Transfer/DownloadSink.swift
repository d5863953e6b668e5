import Synchronization
import SystemPackage

/// Writes the body of one attempt into the partial file, behind the judgement of its head.
final class DownloadSink: AnswerSink {
    private struct State {
        var judgement: DownloadJudgement?
        var position: Int64 = 0
        var limit: Int64 = .max
        var total: Int64?
        var received: Int64 = 0
        var failure: TransferError?
        var journal: DownloadJournal?
    }

    private let question: DownloadQuestion
    private let source: String
    private let journalPath: FilePath
    private let file: PartialFile
    private let hasher: FrontHasher
    private let state = Mutex(State())

    init(
        _ question: DownloadQuestion, source: String, journal: FilePath, file: PartialFile, hasher: FrontHasher
    ) {
        self.question = question
        self.source = source
        journalPath = journal
        self.file = file
        self.hasher = hasher
    }

    struct Report: Sendable {
        /// Nil where no head came.
        var judgement: DownloadJudgement?
        /// How far the file was written; its total where it is known.
        var position: Int64
        var total: Int64?
        /// Payload of this attempt, in bytes.
        var received: Int64
        var failure: TransferError?
        /// The new journal, where the file began anew.
        var journal: DownloadJournal?
    }

    var report: Report {
        state.withLock { state in
            Report(
                judgement: state.judgement, position: state.position, total: state.total, received: state.received,
                failure: state.failure, journal: state.journal)
        }
    }

    func begin(_ head: ResponseHead) -> BodyDecision {
        let judgement = question.judge(head, url: source)
        return state.withLock { state in
            state.judgement = judgement
            do throws(TransferError) {
                switch judgement {
                case .append(let total):
                    state.position = question.offset ?? 0
                    try expect(total, &state)
                    return .take
                case .whole(let total):
                    try beginAnew(head, total, &state)
                    return .take
                case .invalid(let error): state.failure = error
                case .complete, .startOver, .refused: break
                }
            } catch {
                state.failure = error
            }
            return .discard
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        state.withLock { state in
            let room = state.limit - state.position
            let count = Int(min(Int64(bytes.count), room))
            do throws(TransferError) {
                let remaining = state.total.map { $0 - state.position }
                try file.write(.init(rebasing: bytes[..<count]), at: state.position, remaining: remaining)
            } catch {
                state.failure = error
                return .stop
            }
            state.position += Int64(count)
            state.received += Int64(count)
            hasher.advance(to: state.position)
            guard count < bytes.count else { return .taken }
            state.failure = overrun(state)
            return .stop
        }
    }

    /// First the file is emptied, then the journal says of what it will be: a kill between leaves nothing to mistake.
    private func beginAnew(_ head: ResponseHead, _ total: Int64?, _ state: inout State) throws(TransferError) {
        if question.held > 0 {
            try file.truncate()
            hasher.restart()
        }
        let journal = DownloadJournal(source: source, entityTag: head.strongEntityTag, total: total ?? question.size)
        try journal.write(journalPath)
        state.journal = journal
        state.position = 0
        if let total = total ?? question.size {
            try expect(total, &state)
        } else {
            state.limit = question.maximumBytes ?? .max
        }
    }

    private func expect(_ total: Int64, _ state: inout State) throws(TransferError) {
        state.total = total
        state.limit = total
        hasher.expect(total: total)
        try file.reserve(total)
    }

    private func overrun(_ state: State) -> TransferError {
        if let total = state.total {
            return TransferError(.sizeMismatch, "the body is longer than the \(total) bytes expected", url: source)
        }
        return TransferError(.tooLarge, "the body is longer than \(state.limit) bytes allowed", url: source)
    }
}
