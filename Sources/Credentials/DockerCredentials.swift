public import Logging
import SystemPackage

/// Who the user is at container registries, as `docker login` has left it: `config.json` in `DOCKER_CONFIG`, else in
/// `~/.docker`, and the helper programs that it names.
public struct DockerCredentials: Sendable {
    private let environment: [String: String]
    private let logger: Logger

    /// The name under which Docker keeps what belongs to its Hub.
    public static let hub = "https://index.docker.io/v1/"
    private static let sizeLimit = 1 << 20

    public init(environment: [String: String], logger: Logger) {
        self.environment = environment
        self.logger = logger
    }

    /// What opens `registry`; nil where the user has nothing for it.
    ///
    /// - Parameter registry: `HOST`, `HOST:PORT` or `DockerCredentials.hub`.
    /// - Throws: where the file is there and cannot be read, or a helper that it names fails.
    public func credential(for registry: String) async throws(CredentialError) -> RegistryCredential? {
        guard let configuration = try configuration() else { return nil }
        let host = registry == Self.hub ? "index.docker.io" : registry.lowercased()
        if let helper = configuration.helper(for: host),
            let found = try await DockerCredentialHelper(name: helper, environment: environment).get(registry)
        {
            return found
        }
        return configuration.login(for: host)
    }

    private func configuration() throws(CredentialError) -> DockerConfiguration? {
        let folder = environment["DOCKER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard folder != nil || environment["HOME"] != nil else { return nil }
        let reader = SecretReader(environment: environment, logger: logger)
        let path = try reader.userFile(folder ?? "~/.docker").appending("config.json")
        do {
            let bytes = try readPrivateFile(path, limit: Self.sizeLimit, logger: logger)
            return try DockerConfiguration(parsing: bytes, from: path.string)
        } catch  where error.code == .missing {
            return nil
        }
    }
}
