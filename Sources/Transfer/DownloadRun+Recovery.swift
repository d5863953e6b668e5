import ArtifactTypes
import Logging

/// What becomes of a download after an attempt that did not end it.
extension DownloadRun {
    /// Waits for another attempt, goes to the next source, or gives up.
    mutating func recover(from error: TransferError) async throws(TransferError) {
        switch error.code {
        // Another source would meet the same.
        case .cancelled, .io, .insufficientSpace: throw error
        case .sizeMismatch where hasReceived, .tooLarge where hasReceived:
            try discard()
            try passOver(error)
        case .connect where !hasReceived && index + 1 < sources.count,
            .timeout where !hasReceived && index + 1 < sources.count:
            // Waiting for a mirror that is dead or silent would help nobody.
            try passOver(error)
        default:
            guard error.isTransient else { return try passOver(error) }
            if !hasProgressed { attempts += 1 }
            guard attempts < policy.maximumAttempts else { return try passOver(error) }
            try await engine.pause(policy.backoff(afterAttempt: attempts))
        }
    }

    /// An answer without content.
    mutating func refused(_ head: ResponseHead, at address: WebAddress) async throws(TransferError) {
        let error = TransferError(.status(head.status), "the server answers \(head.status)", url: address.safe)
        if head.mayPass {
            attempts += 1
            var policy = policy
            if let patience { policy.maximumRetryAfter = min(policy.maximumRetryAfter, patience) }
            let wait: Duration
            do throws(TransferError) {
                wait = try policy.wait(after: head, attempt: attempts, url: address.safe)
            } catch {
                return try passOver(error)
            }
            guard attempts < policy.maximumAttempts else {
                let seconds = RetryPolicy.rest(askedBy: head).map { Int($0.components.seconds) }
                return try passOver(
                    head.status == 429 || seconds != nil
                        ? TransferError(.rateLimited(retryAfter: seconds), error.message, url: error.url) : error)
            }
            try await engine.pause(wait)
        } else if [401, 403, 404, 410].contains(head.status), mayResolveAgain, hasAnotherWay(address) {
            try await resolveAgain(after: error)
        } else {
            try passOver(error)
        }
    }

    /// The server's version is not the one that is held.
    mutating func startOver() throws(TransferError) {
        try discard()
        restarts += 1
        guard restarts > 2 else { return }
        try passOver(
            TransferError(
                .protocolViolation, "the server's parts do not fit together",
                url: WebAddress.redacted(sources[index].url)))
    }

    /// All is there and is not what was published: once more from the start, then another source. What is not as the user
    /// expected is not fetched again from there: the digest may be what is wrong.
    mutating func contentIsWrong(_ expected: Digest, _ found: ContentDigests) throws(TransferError) {
        try discard()
        mismatches += 1
        let seen = found.other ?? found.sha256
        let url = WebAddress.redacted(sources[index].url)
        guard download.isPublished else {
            return try passOver(
                TransferError(.unexpectedContent, "the content is \(seen), expected was \(expected)", url: url))
        }
        guard mismatches > 1 else { return }
        try passOver(TransferError(.digestMismatch, "the content is \(seen), published was \(expected)", url: url))
    }

    /// The longest that a source may ask to be left alone; nil for as long as it asks.
    var patience: Duration? { index + 1 < sources.count ? RetryPolicy.patienceWithAlternative : nil }

    private var mayResolveAgain: Bool {
        refreshes < Self.maximumRefreshes && refreshedAt.map { file.filledBytes > $0 } ?? true
    }

    /// Whether the refusal may be a signed URL's that has expired: one that was resolved by the caller, or that a
    /// redirect led to.
    private func hasAnotherWay(_ address: WebAddress) -> Bool {
        download.refresh != nil || address.text != (try? WebAddress(sources[index].url))?.text
    }

    private mutating func resolveAgain(after refusal: TransferError) async throws(TransferError) {
        refreshes += 1
        refreshedAt = file.filledBytes
        guard let refresh = download.refresh else { return }
        do {
            let fresh = try await refresh()
            guard !fresh.isEmpty else { throw refusal }
            sources = fresh
            index = min(index, fresh.count - 1)
        } catch {
            if Task.isCancelled { throw .cancelled }
            try passOver((error as? TransferError) ?? refusal)
        }
    }

    private mutating func passOver(_ error: TransferError) throws(TransferError) {
        engine.logger.info(
            "source passed over", metadata: ["url": "\(error.url ?? "")", "reason": "\(error.message)"])
        let source = SkippedSource(url: WebAddress.redacted(sources[index].url), reason: error)
        skipped.append(source)
        download.passedOver?(source)
        index += 1
        attempts = 0
        mismatches = 0
        restarts = 0
        refreshedAt = nil
        guard index >= sources.count else { return }
        // Wrong content outweighs whatever the last mirror failed by.
        let final = skipped.last { $0.reason.code.isWrongContent }?.reason ?? error
        if final.code.isWrongContent {
            try file.file.remove()
            try DownloadJournal.remove(download.journal)
        }
        throw final
    }
}
