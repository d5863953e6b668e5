import ArtifactTypes
import Credentials
import Logging
import Synchronization

/// Credentials for servers that want some where vendors.d names none: those of the user's git credential helpers, then
/// the one in netrc. What a server took is remembered as long as this is, so that nobody is asked twice.
final class CredentialFinder: Sendable {
    private let environment: [String: String]
    private let logger: Logger
    private let accepted = Mutex<[String: GitCredential]>([:])

    init(environment: [String: String], logger: Logger) {
        self.environment = environment
        self.logger = logger
    }

    /// Connects to `remote`, first as it is, and where it is told to say who it is with one credential after the other.
    /// - Throws: `.unauthorized` where none is accepted, and what `connect` throws besides.
    func connecting<Value: Sendable>(
        to remote: GitRemote, _ connect: (GitRemote) async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        if remote.credential != nil { return try await connect(remote) }
        let key = remote.url.written
        var attempt = remote
        attempt.credential = accepted.withLock { $0[key] }
        let refusal: GitError
        do throws(GitError) {
            return try await connect(attempt)
        } catch {
            guard error.code == .unauthorized else { throw error }
            refusal = error
        }
        accepted.withLock { $0[key] = nil }
        var tried: [String] = []
        if try GitConfiguration(environment: environment).hasCredentialHelper {
            let helper = CredentialHelper(environment: environment)
            if let answer = try await helper.fill(remote.url) {
                tried.append("git's credential helper")
                if let value = try await self.value(remote, answer.credential, connect) {
                    try await helper.report(answer, accepted: true)
                    return value
                }
                try await helper.report(answer, accepted: false)
            }
        }
        if let credential = try login(for: remote.url) {
            tried.append("netrc")
            if let value = try await self.value(remote, credential, connect) { return value }
        }
        if tried.isEmpty { throw refusal }
        throw GitError(
            .unauthorized, "\(remote.url) refuses the credentials of \(tried.joined(separator: " and "))",
            remedy: "renew them, or name a token for it in vendors.d")
    }

    /// Nil where the credential is not accepted.
    private func value<Value: Sendable>(
        _ remote: GitRemote, _ credential: GitCredential, _ connect: (GitRemote) async throws(GitError) -> Value
    ) async throws(GitError) -> Value? {
        var attempt = remote
        attempt.credential = credential
        do throws(GitError) {
            let value = try await connect(attempt)
            accepted.withLock { $0[remote.url.written] = credential }
            return value
        } catch {
            if error.code == .unauthorized { return nil }
            throw error
        }
    }

    private func login(for url: GitURL) throws(GitError) -> GitCredential? {
        do {
            // Unlike git's, netrc's hosts have no port.
            let login = try Netrc.user(environment: environment, logger: logger)?.login(for: url.host, user: url.user)
            return login.map { GitCredential(username: $0.user ?? url.user ?? "", token: $0.password) }
        } catch {
            throw GitError(.unauthorized, "\(url) wants credentials, and \(error)")
        }
    }
}
