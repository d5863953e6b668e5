import Logging

extension TransferEngine {
    /// Sends a small request and returns any final answer, whatever its status, with its whole body.
    ///
    /// Connection errors, 408, 425, 429 and 5xx are tried again with growing waits; `Retry-After` is obeyed up to
    /// `TransferConfiguration.maximumRetryAfter`. When all attempts are spent, the last answer is returned.
    ///
    /// - Throws: `connect`, `timeout`, `tls` when there is no answer; `tooLarge` for a body over `maximumBytes`;
    ///   `rateLimited` for a wait over the limit; `forbidden`, `redirects`, `unsupported`, `cancelled`.
    public func send(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        var call = Call(request)
        call.allowsHTTP2 = true
        call.allowsGzip = true
        return try await retrying(request) {
            () async throws(TransferError) -> TransferResponse in
            let sink = CollectingSink(limit: request.maximumBytes)
            let answer = try await perform(call, into: sink)
            guard !answer.wasStopped else {
                throw TransferError(
                    .tooLarge, "the answer is longer than \(request.maximumBytes) bytes", url: answer.address.safe)
            }
            return TransferResponse(answer, body: sink.body)
        }
    }

    /// Runs attempts until one succeeds, fails for good, or all are spent.
    func retrying(
        _ request: TransferRequest, _ attempt: () async throws(TransferError) -> TransferResponse
    ) async throws(TransferError) -> TransferResponse {
        var policy = RetryPolicy(configuration)
        policy.maximumRetryAfter = min(
            policy.maximumRetryAfter, request.patience ?? policy.maximumRetryAfter,
            request.hasAlternative ? RetryPolicy.patienceWithAlternative : policy.maximumRetryAfter)
        for number in 1... {
            let start = ContinuousClock.now
            let wait: Duration
            let reason: String?
            do throws(TransferError) {
                let response = try await attempt()
                let head = ResponseHead(status: response.status, headers: response.headers)
                guard head.mayPass, number < policy.maximumAttempts else { return response }
                wait = try policy.wait(after: head, attempt: number, url: WebAddress.redacted(response.url))
                // Of a server that names the time this is said already.
                let isSaid = RetryPolicy.rest(askedBy: head) != nil
                reason = isSaid ? nil : "\(WebAddress.redacted(response.url)): the server answers \(response.status)"
            } catch {
                guard error.isTransient, number < policy.maximumAttempts else { throw error }
                if request.hasAlternative, error.isUnreachable || error.code == .timeout { throw error }
                wait = policy.backoff(afterAttempt: number)
                reason = "\(error)"
            }
            // What is over at once is nothing to wonder at.
            if let reason, wait >= .seconds(1) || .now - start >= .seconds(1) {
                logger.warning("\(reason); asked again in \(wait.components.seconds) s")
            }
            try await pause(wait)
        }
        throw .cancelled
    }

    /// Waits; a cancelled task wakes at once.
    func pause(_ duration: Duration) async throws(TransferError) {
        do {
            try await configuration.sleep(duration)
        } catch {
            throw .cancelled
        }
        if Task.isCancelled { throw .cancelled }
    }
}

extension Call {
    init(_ request: TransferRequest) {
        self.init(
            method: request.method, url: request.url, headers: request.headers, secretHeaders: request.secretHeaders,
            body: request.body, access: request.access,
            patience: request.hasAlternative ? RetryPolicy.patienceWithAlternative : nil)
    }
}

extension TransferResponse {
    init(_ answer: Answer, body: [UInt8]) {
        self.init(
            status: answer.head.status, headers: answer.head.headers, body: body, url: answer.address.text)
    }
}
