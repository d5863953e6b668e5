/// Speaks with git servers.
public struct GitClient: Sendable {
    private let carrier: @Sendable (GitRemote) throws(GitError) -> any GitCarrier

    init(carrier: @escaping @Sendable (GitRemote) throws(GitError) -> any GitCarrier) {
        self.carrier = carrier
    }

    /// Asks a server which protocol it speaks.
    /// - Throws: `.notFound`, `.unauthorized`, `.unavailable`, `.untrusted`, `.unsupported`, `.cancelled`.
    public func connect(to remote: GitRemote) async throws(GitError) -> GitSession {
        try await GitSession(remote, over: carrier(remote))
    }
}
