import Synchronization

/// A queue between the transfer thread and the one task that takes a body, with back-pressure.
final class StreamingSink: AnswerSink {
    private struct State {
        var isAccepted = false
        var refusal: [UInt8] = []
        var waiting: [UInt8] = []
        var total = 0
        var isPaused = false
        var hasEnded = false
        var reader: CheckedContinuation<[UInt8]?, Never>?
    }

    private static let queueLimit = 1 << 20
    private static let refusalLimit = 1 << 20

    private let limit: Int
    private let resume: @Sendable () -> Void
    private let state = Mutex(State())

    init(limit: Int, resume: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.resume = resume
    }

    /// The body of an answer that was not 2xx.
    var refusal: [UInt8] { state.withLock { $0.refusal } }

    func begin(_ head: ResponseHead) -> BodyDecision {
        state.withLock { $0.isAccepted = (200...299).contains(head.status) }
        return .take
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        state.withLock { state in
            guard state.isAccepted else {
                guard bytes.count <= min(limit, Self.refusalLimit) - state.refusal.count else { return .stop }
                state.refusal.append(contentsOf: bytes)
                return .taken
            }
            guard state.waiting.count < Self.queueLimit else {
                state.isPaused = true
                return .pause
            }
            guard bytes.count <= limit - state.total else { return .stop }
            state.total += bytes.count
            if let reader = state.reader {
                state.reader = nil
                reader.resume(returning: Array(bytes))
            } else {
                state.waiting.append(contentsOf: bytes)
            }
            return .taken
        }
    }

    /// The next piece; nil after the last.
    func next() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            let wasPaused = state.withLock { state in
                if !state.waiting.isEmpty {
                    continuation.resume(returning: state.waiting)
                    state.waiting = []
                } else if state.hasEnded {
                    continuation.resume(returning: nil)
                } else {
                    state.reader = continuation
                }
                defer { state.isPaused = false }
                return state.isPaused
            }
            if wasPaused { resume() }
        }
    }

    func end() {
        state.withLock { state in
            state.hasEnded = true
            state.reader?.resume(returning: nil)
            state.reader = nil
        }
    }
}
