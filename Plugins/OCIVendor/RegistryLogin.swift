import ArtifactTypes
import Credentials
import FoundationEssentials
import Logging
import Provisioning

/// How a registry is told who asks: what the user has for it, and the policy of where that may go.
struct RegistryLogin: Sendable {
    let server: RegistryServer
    let settings: OCISettings
    let services: ProvisionServices
    let access: NetworkAccess

    /// What the registry wants in `Authorization`, after it has answered 401.
    ///
    /// - Parameter challenges: of `WWW-Authenticate`.
    /// - Throws: `.unauthorized` where the user has nothing for it; `.untrusted` for a token service that a password may
    ///   not go to; `.configuration` where a secret would go over plain http.
    func authorization(
        for challenges: [AuthenticationChallenge], repository: String
    ) async throws(ProvisionError) -> Secret {
        let credential = try await credential(for: repository)
        if credential != nil, server.origin.isPlain, !access.allowInsecure {
            throw ProvisionError(
                .configuration, "a token would go to \(server.origin) over plain http",
                remedy: "use https, or set insecure = true in vendors.d")
        }
        if case .bearer(let token) = credential { return Secret("Bearer \(token.reveal())") }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let service = try TokenService(bearer, repository: repository, login: self)
            return Secret("Bearer \(try await service.token(credential).reveal())")
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            throw ProvisionError(.unavailable, "\(server.origin) asks for a login of a kind that is not known")
        }
        guard case .login(let user, let password) = credential else {
            throw ProvisionError(
                .unauthorized, "\(server.origin) answers nobody without a login", remedy: remedy(hadCredential: false))
        }
        return Self.basic(user, password)
    }

    static func basic(_ user: String, _ password: Secret) -> Secret {
        Secret("Basic " + Data("\(user):\(password.reveal())".utf8).base64EncodedString())
    }

    func remedy(hadCredential: Bool) -> String {
        if let token = settings.account(at: server)?.token {
            let place = settings.file.map { ", by \($0)" } ?? ""
            if case .environment(let name) = token, services.environment[name]?.isEmpty ?? true {
                return "set \(name): the token for \(server.origin) is in that variable\(place)"
            }
            return "check the token, which is in \(token)\(place)"
        }
        let way = "docker login \(server.names[0]), or a token in vendors.d"
        return hadCredential ? "check the login: \(way)" : "log in: \(way)"
    }

    /// The instance's own token, else what `docker login` has left. What goes wrong there is told and no error: much of
    /// what registries have is for everybody.
    private func credential(for repository: String) async throws(ProvisionError) -> RegistryCredential? {
        if let account = settings.account(at: server) {
            guard let token = try await services.secret(account.token) else { return nil }
            return account.username.map { .login(user: $0, password: token) } ?? .bearer(token)
        }
        let docker = DockerCredentials(environment: services.environment, logger: services.logger)
        do {
            return try await docker.credential(
                for: repository, at: server.isHub ? DockerCredentials.hub : server.names[0])
        } catch {
            if error.code == .cancelled { throw ProvisionError(.cancelled, "cancelled") }
            services.logger.warning("no login for \(server.names[0]): \(error)")
            return nil
        }
    }
}
