extension TransferEngine {
    /// Sends a request and hands the body of a 2xx answer to `receive`, piece by piece, as it arrives. While `receive`
    /// works, at most about 1 MiB waits, and then the server does. The body of any other answer is in the response.
    ///
    /// Tried again, as `send` does, only before the first byte of the body. A server that is silent for the stall
    /// time-out is given up; one that sends a byte a second is not (git servers do that while they think).
    ///
    /// - Throws: as `send`; `receiverFailed` where `receive` throws an error that is no `TransferError`.
    public func stream(
        _ request: TransferRequest, receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(TransferError) -> TransferResponse {
        var call = Call(request)
        call.minimumRate = 1
        let prepared = call
        return try await retrying(request) {
            () async throws(TransferError) -> TransferResponse in
            try await streamOnce(prepared, limit: request.maximumBytes, receive)
        }
    }

    private func streamOnce(
        _ call: Call, limit: Int, _ receive: @Sendable ([UInt8]) async throws -> Void
    ) async throws(TransferError) -> TransferResponse {
        let id = loop.newID()
        let loop = loop
        let sink = StreamingSink(limit: limit) { loop.resume(id) }
        async let answering = Result<Answer, TransferError>.catching { () async throws(TransferError) -> Answer in
            defer { sink.end() }
            return try await perform(call, id: id, into: sink)
        }
        var hasReceived = false
        while let piece = await sink.next() {
            hasReceived = true
            do {
                try await receive(piece)
            } catch {
                loop.cancel(id)
                _ = await answering
                throw (error as? TransferError)
                    ?? TransferError(.receiverFailed, String(describing: error), url: WebAddress.redacted(call.url))
            }
        }
        switch await answering {
        case .success(let answer):
            guard !answer.wasStopped else {
                throw TransferError(.tooLarge, "the answer is longer than \(limit) bytes", url: answer.address.safe)
            }
            return TransferResponse(answer, body: sink.refusal)
        case .failure(var error):
            // What was received cannot be taken back.
            if hasReceived { error.isTransient = false }
            throw error
        }
    }
}
