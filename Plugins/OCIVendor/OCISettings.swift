import ArtifactTypes
import Provisioning

/// What the configuration has for one registry.
struct RegistryAccount: Sendable {
    let username: String?
    let token: SecretSource
}

/// An instance's configuration, checked.
struct OCISettings: Sendable {
    let name: String
    /// The vendors.d file; nil for a built-in instance.
    let file: String?
    let forms: [ReferenceForm]
    /// Nil for an instance that takes references of any registry.
    let registry: RegistryServer?
    /// Registries that have the same as `registry`.
    let mirrors: [RegistryServer]
    let namespace: String?
    private let accounts: [RegistryServer: RegistryAccount]
    /// Token services that a password may go to, beside the registry itself.
    let realms: [WebOrigin]
    /// Without the origin of a registry that the reference itself names.
    let access: NetworkAccess

    init(_ configuration: VendorConfiguration) throws(ProvisionError) {
        let options = configuration.options
        name = configuration.name
        file = configuration.file
        registry = try options.string("registry").map { text throws(ProvisionError) in
            guard let origin = WebOrigin(of: text), origin.isAll(of: text) else {
                throw ProvisionError(
                    .configuration, "\"\(text.visiblyEscaped.prefix(200))\" is not the URL of a registry",
                    remedy: "write https://HOST, without user, path or query", option: "registry")
            }
            return RegistryServer(origin: origin)
        }
        namespace = options.string("namespace")
        let needless = ["token", "username", "namespace", "mirrors"].first { options.values[$0] != nil }
        if registry == nil, let needless {
            throw ProvisionError(
                .configuration, "\"\(needless)\" stands without the registry that it belongs to",
                remedy: "add registry = \"https://HOST\"", option: needless)
        }
        var accounts: [RegistryServer: RegistryAccount] = [:]
        if let registry { accounts[registry] = try Self.account(options) }
        var mirrors: [RegistryServer] = []
        var caFiles: [String: String] = [:]
        for table in options.mirrors {
            let mirror = try Self.mirror(table.string("url") ?? "")
            mirrors.append(mirror)
            accounts[mirror] = try Self.account(table)
            caFiles[mirror.origin.description] = table.string("ca-file")
        }
        self.mirrors = mirrors
        self.accounts = accounts
        var realms: [WebOrigin] = []
        for text in options.strings("realms") ?? [] {
            guard let origin = WebOrigin(of: text), origin.isAll(of: text) else {
                throw ProvisionError(
                    .configuration, "\"\(text.visiblyEscaped.prefix(200))\" is not an origin",
                    remedy: "a realm is scheme and host, as \"https://auth.example\"", option: "realms")
            }
            realms.append(origin)
        }
        self.realms = realms
        let origins = ([registry].compactMap(\.self) + mirrors).map(\.origin) + realms
        var access = try NetworkAccess(options, origins: origins.map(\.description))
        access.caFiles = caFiles
        self.access = access
        let patterns: [String] =
            if let registry { ["\(configuration.name):{locator}"] + registry.names.map { "oci://\($0)/{path*}" } } else
            {
                ["oci://{path*}"]
            }
        forms = configuration.forms.isEmpty ? patterns.compactMap { ReferenceForm($0) } : configuration.forms
    }

    /// The instance's own account at a registry or mirror; nil where what `docker login` has left holds.
    func account(at server: RegistryServer) -> RegistryAccount? { accounts[server] }

    private static func account(_ options: VendorOptions) throws(ProvisionError) -> RegistryAccount? {
        let username = options.string("username")
        if let token = options.secret("token") { return RegistryAccount(username: username, token: token) }
        guard username == nil else {
            throw ProvisionError(
                .configuration, "a user name without a token", remedy: "add token = { env = \"…\" }", option: "username"
            )
        }
        return nil
    }

    private static func mirror(_ url: String) throws(ProvisionError) -> RegistryServer {
        if let mirror = RegistryServer(mirror: url) { return mirror }
        // What stands before an "@" may be a password.
        let shown = url.contains("@") ? "a mirror" : "the mirror \"\(url.visiblyEscaped.prefix(200))\""
        throw ProvisionError(
            .configuration, "\(shown) is not the URL of a registry",
            remedy: "write https://HOST or https://HOST/PREFIX, without user, query or fragment", option: "mirrors")
    }

    /// The registry that a reference names by `HOST[:PORT]`.
    func server(_ authority: String) throws(ProvisionError) -> RegistryServer {
        if let registry, registry.names.contains(authority.lowercased()) { return registry }
        guard let server = RegistryServer(authority: authority) else {
            throw ProvisionError(.invalid, "\"\(authority.visiblyEscaped.prefix(200))\" is not the host of a registry")
        }
        return server
    }

    /// The registry may be private, for the user has named it.
    func access(to server: RegistryServer) -> NetworkAccess {
        var access = access
        let origin = server.origin.description
        if !access.configuredOrigins.contains(origin) { access.configuredOrigins.insert(origin, at: 0) }
        return access
    }
}
