public import Logging
import Processes
public import Transfer

/// Speaks with git servers.
public struct GitClient: Sendable {
    let engine: TransferEngine
    private let environment: [String: String]
    let credentials: CredentialFinder
    private let offersVersion2: Bool

    /// - Parameter environment: where `ssh`, git's credential helpers and netrc are found.
    public init(engine: TransferEngine, environment: [String: String], logger: Logger) {
        self.init(engine: engine, environment: environment, logger: logger, offersVersion2: true)
    }

    /// - Parameter offersVersion2: false makes every server answer in version 0 of the protocol.
    init(engine: TransferEngine, environment: [String: String], logger: Logger, offersVersion2: Bool) {
        self.engine = engine
        self.environment = environment
        credentials = CredentialFinder(environment: environment, logger: logger)
        self.offersVersion2 = offersVersion2
    }

    /// Asks a server which protocol it speaks, and lets `body` ask more. The connection ends with it.
    /// - Throws: `.notFound`, `.unauthorized`, `.unavailable`, `.untrusted`, `.unsupported`, `.cancelled`, and what
    ///   `body` throws.
    public func withSession<Value: Sendable>(
        to remote: GitRemote, _ body: @escaping @Sendable (GitSession) async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        switch remote.url.scheme {
        case .http, .https: return try await body(connect(to: remote))
        case .ssh: return try await overSSH(remote, body)
        case .file: throw GitError(.invalid, "\(remote.url) is on this machine and is opened in place")
        }
    }

    /// A session over http, which holds nothing open.
    func connect(to remote: GitRemote) async throws(GitError) -> GitSession {
        try await credentials.connecting(to: remote) { remote throws(GitError) in
            try await GitSession(
                remote, over: HTTPCarrier(engine: engine, remote: remote, offersVersion2: offersVersion2))
        }
    }

    private func overSSH<Value: Sendable>(
        _ remote: GitRemote, _ body: @escaping @Sendable (GitSession) async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        let ssh = try SSHProgram(environment: environment)
        let settings = try await ssh.settings(for: remote)
        let log = SSHLog()
        do {
            let request = ssh.uploadPack(remote, settings, offersVersion2: offersVersion2)
            return try await withProcess(request, stderr: { log.add($0) }) { process in
                try await body(GitSession(remote, over: SSHCarrier(process: process, log: log)))
            }
        } catch {
            if Task.isCancelled { throw GitError(.cancelled, "cancelled") }
            throw log.failure(at: remote, settings) ?? GitError(error, at: remote.url)
        }
    }
}
