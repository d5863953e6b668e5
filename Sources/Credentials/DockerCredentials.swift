public import Logging
import SystemPackage

/// Who the user is at container registries, as `docker login` has left it: `config.json` in `DOCKER_CONFIG`, else in
/// `~/.docker`, and the helper programs that it names; else as `podman login` has, whose files are of the same form.
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

    /// What opens a repository of `registry`; nil where the user has nothing for it.
    ///
    /// - Parameter registry: `HOST`, `HOST:PORT` or `DockerCredentials.hub`.
    /// - Throws: where nothing is found, and a file that is there cannot be read, or a helper that it names fails.
    public func credential(
        for repository: String, at registry: String
    ) async throws(CredentialError) -> RegistryCredential? {
        let host = registry == Self.hub ? "index.docker.io" : registry.lowercased()
        // Podman keeps what belongs to Docker's Hub under its short name.
        let names = registry == Self.hub ? [host, "docker.io"] : [host]
        var failure: CredentialError?
        for file in try files() {
            do throws(CredentialError) {
                guard let configuration = try configuration(file) else { continue }
                if let login = try await helped(by: configuration, host, registry, &failure) { return login }
                for name in names {
                    if let login = configuration.login(for: repository, at: name) { return login }
                }
            } catch {
                if error.code == .cancelled { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return nil
    }

    /// What the configuration's helper has. One that fails keeps nobody from what lies elsewhere.
    private func helped(
        by configuration: DockerConfiguration, _ host: String, _ registry: String, _ failure: inout CredentialError?
    ) async throws(CredentialError) -> RegistryCredential? {
        guard let name = configuration.helper(for: host) else { return nil }
        do throws(CredentialError) {
            return try await DockerCredentialHelper(name: name, environment: environment).get(registry)
        } catch {
            if error.code == .cancelled { throw error }
            failure = failure ?? error
            return nil
        }
    }

    /// Docker's, and where podman and skopeo look (containers-auth.json(5)).
    private func files() throws(CredentialError) -> [FilePath] {
        let reader = SecretReader(environment: environment, logger: logger)
        var paths: [String] = []
        if let folder = value("DOCKER_CONFIG") ?? value("HOME").map({ "\($0)/.docker" }) {
            paths.append("\(folder)/config.json")
        }
        if let file = value("REGISTRY_AUTH_FILE") {
            paths.append(file)
        } else {
            let folders = [value("XDG_RUNTIME_DIR"), value("XDG_CONFIG_HOME") ?? value("HOME").map { "\($0)/.config" }]
            paths += folders.compactMap { $0.map { "\($0)/containers/auth.json" } }
        }
        var files: [FilePath] = []
        for path in paths { files.append(try reader.userFile(path)) }
        return files
    }

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func configuration(_ path: FilePath) throws(CredentialError) -> DockerConfiguration? {
        do {
            let bytes = try readPrivateFile(path, limit: Self.sizeLimit, logger: logger)
            return try DockerConfiguration(parsing: bytes, from: path.string)
        } catch  where error.code == .missing {
            return nil
        }
    }
}
