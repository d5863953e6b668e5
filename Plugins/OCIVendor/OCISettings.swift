import ArtifactTypes
import Provisioning

/// An instance's configuration, checked.
struct OCISettings: Sendable {
    let name: String
    /// The vendors.d file; nil for a built-in instance.
    let file: String?
    let forms: [ReferenceForm]
    /// Nil for an instance that takes references of any registry.
    let registry: RegistryServer?
    let namespace: String?
    let username: String?
    let token: SecretSource?
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
                    remedy: "write https://HOST, without user, path or query")
            }
            return RegistryServer(origin: origin)
        }
        namespace = options.string("namespace")
        username = options.string("username")
        token = options.secret("token")
        guard registry != nil || (token == nil && username == nil && namespace == nil) else {
            throw ProvisionError(
                .configuration, "a token, user name or namespace without the registry that it belongs to",
                remedy: "add registry = \"https://HOST\"")
        }
        guard username == nil || token != nil else {
            throw ProvisionError(.configuration, "a user name without a token", remedy: "add token = { env = \"…\" }")
        }
        var realms: [WebOrigin] = []
        for text in options.strings("realms") ?? [] {
            guard let origin = WebOrigin(of: text), origin.isAll(of: text) else {
                throw ProvisionError(
                    .configuration, "\"\(text.visiblyEscaped.prefix(200))\" is not an origin",
                    remedy: "a realm is scheme and host, as \"https://auth.example\"")
            }
            realms.append(origin)
        }
        self.realms = realms
        access = try NetworkAccess(
            options, origins: (registry.map { [$0.origin.description] } ?? []) + realms.map(\.description))
        let patterns: [String] =
            if let registry { ["\(configuration.name):{locator}"] + registry.names.map { "oci://\($0)/{path*}" } } else
            {
                ["oci://{path*}"]
            }
        forms = configuration.forms.isEmpty ? patterns.compactMap { ReferenceForm($0) } : configuration.forms
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
