import ArtifactTypes
import Provisioning

/// An instance that is a forge, its configuration checked.
struct ForgeSettings: Sendable {
    let kind: ForgeKind
    /// What is the same for URLs: origin, token, mirrors, access.
    let base: TarballSettings
    /// Whether the token that users have set for the forge's own client belongs to this instance.
    let usesClientToken: Bool

    /// Nil where the configuration is of no forge.
    /// - Throws: `.configuration`.
    init?(_ configuration: VendorConfiguration) throws(ProvisionError) {
        guard let name = configuration.options.string("forge") else { return nil }
        guard let kind = ForgeKind(rawValue: name) else {
            let known = ForgeKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ProvisionError(
                .configuration, "forge = \"\(name.visiblyEscaped.prefix(40))\" is not known", remedy: "\(known) are",
                option: "forge")
        }
        var configuration = configuration
        let isElsewhere = configuration.options.string("origin") != nil
        if !isElsewhere, let origin = kind.publicOrigin { configuration.options.values["origin"] = .string(origin) }
        if configuration.forms.isEmpty {
            let hasOrigin = configuration.options.string("origin") != nil
            let path = kind == .gitlab ? "{path*}" : hasOrigin ? "{owner}/{repo}" : "{host}/{owner}/{repo}"
            configuration.forms = [ReferenceForm("\(configuration.name):\(path)")].compactMap(\.self)
        }
        self.kind = kind
        base = try TarballSettings(configuration)
        // A token that was set for the public forge is not handed to a server that a file puts in its place.
        usesClientToken = configuration.name == kind.rawValue && !isElsewhere && base.origin?.token == nil
    }

    var tokenName: String {
        guard usesClientToken, let name = kind.tokenVariables.last else { return "token in vendors.d" }
        return name
    }

    func access(for origin: String) -> NetworkAccess {
        var access = base.access
        for url in [WebURL(kind.api(of: origin))?.origin, origin].compactMap(\.self)
        where !access.configuredOrigins.contains(url) {
            access.configuredOrigins.insert(url, at: 0)
        }
        return access
    }

    /// What goes to the API's origin and no other.
    func headers(_ services: ProvisionServices) async throws(ProvisionError) -> [String: Secret] {
        if let origin = base.origin, origin.token != nil {
            guard let token = try await origin.token(services) else { return [:] }
            return kind.headers(token, username: origin.username)
        }
        guard usesClientToken else { return [:] }
        for name in kind.tokenVariables {
            guard let secret = try await services.secret(.environment(name)) else { continue }
            let text = secret.reveal().filter { !$0.isNewline }
            if !text.isEmpty { return kind.headers(text, username: nil) }
        }
        return [:]
    }
}
