import Synchronization

/// Remembers the head of the answer on its way to another sink.
final class LastHead: AnswerSink {
    private let next: any AnswerSink
    private let seen = Mutex<ResponseHead?>(nil)

    init(_ next: any AnswerSink) {
        self.next = next
    }

    var head: ResponseHead? { seen.withLock { $0 } }

    func begin(_ head: ResponseHead) -> BodyDecision {
        seen.withLock { $0 = head }
        return next.begin(head)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict { next.receive(bytes) }
}

/// Collects a body up to a limit.
final class CollectingSink: AnswerSink {
    private let limit: Int
    private let bytes = Mutex<[UInt8]>([])

    init(limit: Int) {
        self.limit = limit
    }

    var body: [UInt8] { bytes.withLock { $0 } }

    func begin(_ head: ResponseHead) -> BodyDecision { .take }

    func receive(_ more: UnsafeRawBufferPointer) -> BodyVerdict {
        bytes.withLock { bytes in
            guard more.count <= limit - bytes.count else { return .stop }
            bytes.append(contentsOf: more)
            return .taken
        }
    }
}
