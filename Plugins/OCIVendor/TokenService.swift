import ArtifactTypes
import Credentials
import FoundationEssentials
import Provisioning

/// The service that a registry names in its challenge, which gives out tokens for a repository
/// (<https://distribution.github.io/distribution/spec/auth/token/>, and `oauth/` beside it for identity tokens).
struct TokenService: Sendable {
    private let realm: String
    private let origin: WebOrigin
    private let query: String
    private let login: RegistryLogin

    private static let maximumBytes = 1 << 20

    /// - Throws: `.unavailable` for a realm that is no URL; `.untrusted` for one in the clear.
    init(
        _ challenge: AuthenticationChallenge, repository: String, login: RegistryLogin
    ) throws(ProvisionError) {
        guard let realm = challenge.parameters["realm"], let origin = WebOrigin(of: realm), !realm.contains("#") else {
            throw ProvisionError(.unavailable, "\(login.server.origin) names no token service that can be asked")
        }
        guard origin.scheme == "https" || login.server.origin.scheme == "http" else {
            throw ProvisionError(
                .untrusted, "\(login.server.origin) wants tokens fetched from \(origin), in the clear")
        }
        self.realm = realm
        self.origin = origin
        self.login = login
        // What is asked for is what is needed here, whatever the challenge would have.
        let scope = "repository:\(repository):pull"
        let service = challenge.parameters["service"].map { "service=\($0.percentEncoded())&" } ?? ""
        query = "\(service)scope=\(scope.percentEncoded())"
    }

    /// A token for pulling, with what the user has or for anybody.
    func token(_ credential: RegistryCredential?) async throws(ProvisionError) -> Secret {
        var request = HTTPRequest(
            url: realm + (realm.contains("?") ? "&" : "?") + query, access: login.access,
            maximumBytes: Self.maximumBytes)
        switch credential {
        case .login(let user, let password):
            try checkTrust()
            request.secretHeaders["Authorization"] = RegistryLogin.basic(user, password)
        case .identityToken(let token):
            try checkTrust()
            request.method = "POST"
            request.url = realm
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
            let form =
                "grant_type=refresh_token&client_id=rbee-hive&\(query)&refresh_token=\(token.reveal().percentEncoded())"
            request.body = Array(form.utf8)
        case .bearer, nil: break
        }
        let response = try await login.services.http.send(request)
        if let limit = response.rateLimit { throw ProvisionError(limit, "\(origin) answers too many requests") }
        switch response.status {
        case 200: return try Self.token(in: response.body, from: origin)
        case 400, 401, 403:
            throw ProvisionError(
                .unauthorized, "\(origin) gives no token for \(login.server.names[0])",
                remedy: login.remedy(hadCredential: credential != nil))
        default: throw ProvisionError(.unavailable, "\(origin) answers \(response.status)")
        }
    }

    /// A registry could name any host as its token service; a password goes to those alone that are known to be its own.
    private func checkTrust() throws(ProvisionError) {
        guard login.server.trusts(realm: origin) || login.settings.realms.contains(origin) else {
            throw ProvisionError(
                .untrusted, "\(login.server.origin) wants the login sent to \(origin)",
                remedy: "if that is its token service, say so in vendors.d: realms = [\"\(origin)\"]")
        }
        guard !origin.isPlain || login.access.allowInsecure else {
            throw ProvisionError(
                .configuration, "a login would go to \(origin) over plain http",
                remedy: "use https, or set insecure = true in vendors.d")
        }
    }

    private struct Answer: Decodable {
        var token: String?
        var accessToken: String?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
        }
    }

    private static func token(in body: [UInt8], from origin: WebOrigin) throws(ProvisionError) -> Secret {
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        guard let token = [answer?.token, answer?.accessToken].compactMap(\.self).first(where: { !$0.isEmpty }),
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw ProvisionError(.unavailable, "\(origin) answers without a token") }
        return Secret(token)
    }
}
