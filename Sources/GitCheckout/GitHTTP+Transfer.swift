import Synchronization
public import Transfer

extension GitHTTP {
    /// Git's requests, carried by the transfer engine.
    public init(_ engine: TransferEngine) {
        self.init { request, receive throws(GitError) in
            let remote = request.remote
            let seconds = Int(remote.timeout.components.seconds)
            // What the receiver throws is what git's own reader found wrong; the engine only knows that it stopped.
            let refusal = Refusal()
            do throws(TransferError) {
                let response = try await engine.stream(
                    TransferRequest(
                        method: request.method, url: request.url, headers: request.headers,
                        secretHeaders: request.secretHeaders, body: request.body,
                        access: TransferAccess(
                            configuredOrigins: remote.configuredOrigins, allowInsecure: remote.allowInsecure,
                            caFile: remote.caFile, stallTimeout: max(1, seconds))),
                    receive: { bytes in
                        do {
                            try await receive(bytes)
                        } catch {
                            refusal.reason.withLock { $0 = GitError(mapping: error) }
                            throw error
                        }
                    })
                return Answer(status: response.status, headers: response.headers, url: response.url)
            } catch {
                throw refusal.reason.withLock { $0 } ?? GitError(transfer: error)
            }
        }
    }
}

private final class Refusal: Sendable {
    let reason = Mutex<GitError?>(nil)
}

extension GitError {
    init(transfer error: TransferError) {
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .forbidden: .untrusted
            case .io(let number): .io(errno: number)
            case .receiverFailed: .corrupt
            default: .unavailable
            }
        self.init(code, error.description)
    }
}
