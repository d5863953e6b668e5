import Dispatch
import Synchronization

extension TestHub {
    /// All requests since the start or the last `forgetRequests`, in the order of arrival.
    public var requests: [RecordedRequest] { state.contents.withLock { $0.requests } }

    /// The bytes of all answers' bodies, of both origins, that were handed to a socket.
    public var payloadBytes: Int64 { state.contents.withLock { $0.payloadBytes } }

    public func forgetRequests() {
        state.forgetRequests()
    }

    /// Waits until a request fits, also one that is still being answered.
    /// - Throws: `TestHubError` after `seconds`.
    public func request(
        within seconds: Double = 20, where fits: @escaping @Sendable (RecordedRequest) -> Bool
    ) async throws -> RecordedRequest {
        try await withCheckedThrowingContinuation { continuation in
            let waiting = state.contents.withLock { contents -> (id: Int?, found: RecordedRequest?) in
                if let found = contents.requests.first(where: fits) { return (nil, found) }
                let id = contents.nextWaiter
                contents.nextWaiter += 1
                contents.waiters[id] = HubState.Waiter(fits: fits, continuation: continuation)
                return (id, nil)
            }
            if let found = waiting.found { return continuation.resume(returning: found) }
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [state] in
                guard let id = waiting.id else { return }
                let waiter = state.contents.withLock { $0.waiters.removeValue(forKey: id) }
                waiter?.continuation.resume(throwing: TestHubError("no such request within \(seconds) s"))
            }
        }
    }
}
