import ArtifactTypes
import FoundationEssentials

/// Docker's `config.json`, as far as it says who one is at a registry: `auths`, `credHelpers`, `credsStore`.
struct DockerConfiguration: Sendable {
    private struct File: Decodable {
        var auths: [String: Login]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private struct Login: Decodable {
        /// `user:password` in base64.
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?
    }

    private let file: File

    /// - Throws: `malformed`; what the file says is not repeated, for it holds passwords.
    init(parsing bytes: [UInt8], from name: String) throws(CredentialError) {
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw CredentialError(.malformed, "\(name) is not the JSON of a Docker configuration")
        }
    }

    /// The helper to be asked for a registry: one of its own before that of all.
    func helper(for host: String) -> String? {
        let own = file.credHelpers?.first { Self.host(of: $0.key) == host }?.value
        return [own, file.credsStore].compactMap(\.self).first { !$0.isEmpty }
    }

    /// What the file itself holds for a repository of a registry: of several entries the one that says most of its name
    /// (containers-auth.json(5)).
    func login(for repository: String, at host: String) -> RegistryCredential? {
        let entries = (file.auths ?? [:]).compactMap { key, login -> (key: String, path: String, login: Login)? in
            let path = Self.path(of: key)
            let isMeant = Self.host(of: key) == host && (path.isEmpty || "\(repository)/".hasPrefix("\(path)/"))
            return isMeant ? (key, path, login) : nil
        }
        // Of several spellings the first by name, so that it is the same one each time.
        let best = entries.min { ($1.path.utf8.count, $0.key) < ($0.path.utf8.count, $1.key) }
        guard let login = best?.login else { return nil }
        if let token = login.identitytoken, !token.isEmpty { return .identityToken(Secret(token)) }
        if let token = login.registrytoken, !token.isEmpty { return .bearer(Secret(token)) }
        if let decoded = login.auth.flatMap({ Data(base64Encoded: $0) }) {
            let parts = String(decoding: decoded, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            // Old versions of Docker wrote a NUL at the end.
            return .login(user: String(parts[0]), password: Secret(String(parts[1].prefix { $0 != "\0" })))
        }
        guard let user = login.username, !user.isEmpty, let password = login.password else { return nil }
        return .login(user: user, password: Secret(password))
    }

    /// `ghcr.io` of `https://ghcr.io/v1/`.
    private static func host(of key: String) -> String {
        withoutScheme(key).prefix { $0 != "/" }.lowercased()
    }

    /// `team/name` of `quay.io/team/name`; nothing of `https://ghcr.io/v1/`, where the path is the API's.
    private static func path(of key: String) -> String {
        let parts = withoutScheme(key).split(separator: "/").dropFirst()
        return ["v1", "v2"].contains(parts.first) ? "" : parts.joined(separator: "/")
    }

    private static func withoutScheme(_ key: String) -> Substring {
        key.firstRange(of: "://").map { key[$0.upperBound...] } ?? key[...]
    }
}
