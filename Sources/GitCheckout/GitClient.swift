public import Transfer

/// Speaks with git servers.
public struct GitClient: Sendable {
    private let engine: TransferEngine
    private let offersVersion2: Bool

    public init(engine: TransferEngine) {
        self.init(engine: engine, offersVersion2: true)
    }

    /// - Parameter offersVersion2: false makes every server answer in version 0 of the protocol.
    init(engine: TransferEngine, offersVersion2: Bool) {
        self.engine = engine
        self.offersVersion2 = offersVersion2
    }

    /// Asks a server which protocol it speaks.
    /// - Throws: `.notFound`, `.unauthorized`, `.unavailable`, `.untrusted`, `.unsupported`, `.cancelled`.
    public func connect(to remote: GitRemote) async throws(GitError) -> GitSession {
        switch remote.url.scheme {
        case .http, .https:
            return try await GitSession(
                remote, over: HTTPCarrier(engine: engine, remote: remote, offersVersion2: offersVersion2))
        case .ssh:
            throw GitError(
                .unsupported, "\(remote.url): git over ssh is not built in yet", remedy: "use its https URL and a token"
            )
        case .file: throw GitError(.invalid, "\(remote.url) is on this machine and is opened in place")
        }
    }
}
