/// Speaks with git servers.
public struct GitClient: Sendable {
    private let http: GitHTTP

    public init(http: GitHTTP) {
        self.http = http
    }

    /// Asks a server which protocol it speaks.
    /// - Throws: `.notFound`, `.unauthorized`, `.unavailable`, `.untrusted`, `.unsupported`, `.cancelled`.
    public func connect(to remote: GitRemote) async throws(GitError) -> GitSession {
        switch remote.url.scheme {
        case .http, .https: try await GitSession(remote, over: HTTPCarrier(http: http, remote: remote))
        case .ssh:
            throw GitError(
                .unsupported, "\(remote.url): git over ssh is not built in yet", remedy: "use its https URL and a token")
        case .file: throw GitError(.invalid, "\(remote.url) is on this machine and is opened in place")
        }
    }
}
