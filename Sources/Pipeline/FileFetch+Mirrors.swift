import Provisioning
import Transfer

/// Which of a file's sources is asked when.
extension FileFetch {
    func sources(_ remote: [RemoteSource], in order: MirrorOrder) -> [DownloadSource] {
        order(remote) { MirrorHealth.server(of: $0.url) }
            .map { DownloadSource(url: $0.url, secretHeaders: $0.headers) }
    }

    /// Remembers a source that was passed over, and says so once.
    func remember(_ failure: TransferError, at url: String) {
        guard let server = mirrors.remember(failure, at: url) else { return }
        job.progress(.notice("passed over \(server): \(failure.message)"))
    }
}

extension MirrorHealth {
    /// Remembers a source that was passed over, if that was its server's fault.
    /// - Returns: the server, where that was news.
    @discardableResult
    func remember(_ failure: TransferError, at url: String) -> String? {
        guard failure.isFaultOfServer else { return nil }
        let server = Self.server(of: url)
        let isNews = !setBack().contains(server)
        note(server, failure.message)
        return isNews ? server : nil
    }
}

extension TransferError {
    /// Whether the next file would fare no better there. One that a server has not, or does not give, says nothing of
    /// others.
    var isFaultOfServer: Bool {
        switch code {
        case .connect, .timeout, .tls, .redirects, .protocolViolation, .digestMismatch, .sizeMismatch, .rateLimited:
            true
        case .status(let status): status >= 500 || status == 429
        case .cancelled, .unexpectedContent, .forbidden, .tooLarge, .io, .insufficientSpace, .unsupported,
            .receiverFailed:
            false
        }
    }
}
