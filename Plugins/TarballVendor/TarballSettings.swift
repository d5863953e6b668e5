import ArtifactTypes
import FoundationEssentials
import Provisioning

/// A server with its credentials.
struct TarballServer: Sendable {
    /// Its path is a prefix for what is fetched from it.
    let url: WebURL
    let username: String?
    let token: SecretSource?

    /// - Parameter option: what names it, for the error.
    /// - Throws: `.configuration` for what is no http or https URL, or has a query.
    init(_ text: String, username: String?, token: SecretSource?, option: String) throws(ProvisionError) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = WebURL(text), url.query.isEmpty, !text.contains("#") else {
            // What stands before an "@" may be a password.
            let shown = text.contains("@") ? option : "\"\(text.visiblyEscaped.prefix(200))\""
            throw ProvisionError(
                .configuration, "\(shown) is not a server's URL",
                remedy: "write https://HOST, without user, query or fragment", option: option)
        }
        self.url = url
        self.username = username
        self.token = token
    }

    /// What is sent to this server and no other.
    func headers(_ services: ProvisionServices) async throws(ProvisionError) -> [String: Secret] {
        guard let token = try await token(services) else { return [:] }
        guard let username else { return ["Authorization": Secret("Bearer \(token)")] }
        return ["Authorization": .basic(username, token)]
    }

    func token(_ services: ProvisionServices) async throws(ProvisionError) -> String? {
        guard let token, let secret = try await services.secret(token) else { return nil }
        let text = secret.reveal().filter { !$0.isNewline }
        return text.isEmpty ? nil : text
    }
}

extension Secret {
    /// The value of an `Authorization` header (RFC 7617).
    static func basic(_ username: String, _ password: String) -> Secret {
        Secret("Basic \(Data("\(username):\(password)".utf8).base64EncodedString())")
    }
}

/// An instance's configuration, checked.
struct TarballSettings: Sendable {
    let name: String
    let origin: TarballServer?
    let mirrors: [TarballServer]
    let access: NetworkAccess
    /// The absolute path of an allowed_signers file.
    private let signers: String?
    let forms: [ReferenceForm]

    init(_ configuration: VendorConfiguration) throws(ProvisionError) {
        let options = configuration.options
        name = configuration.name
        let token = options.secret("token")
        origin = try options.string("origin").map { text throws(ProvisionError) in
            try TarballServer(text, username: options.string("username"), token: token, option: "origin")
        }
        if let origin, !origin.url.path.isEmpty {
            throw ProvisionError(
                .configuration, "origin = \"\(origin.url.shown)\" has a path", remedy: "leave it off", option: "origin")
        }
        if token != nil, origin == nil {
            // References name any host: a token without an origin would go to all of them.
            throw ProvisionError(
                .configuration, "a token without an origin", remedy: "set origin = \"https://HOST\", where it is sent",
                option: "token")
        }
        var mirrors: [TarballServer] = []
        var caFiles: [String: String] = [:]
        for table in options.mirrors {
            let mirror = try TarballServer(
                table.string("url") ?? "", username: table.string("username"), token: table.secret("token"),
                option: "mirrors")
            mirrors.append(mirror)
            caFiles[mirror.url.origin] = table.string("ca-file")
        }
        self.mirrors = mirrors
        signers = options.string("signers")
        guard signers?.hasPrefix("/") ?? true else {
            throw ProvisionError(
                .configuration, "signers is no absolute path", remedy: "write it from / on", option: "signers")
        }
        let servers = [origin].compactMap(\.self) + mirrors
        var access = try NetworkAccess(options, origins: servers.map(\.url.origin))
        access.caFiles = caFiles
        self.access = access
        for server in servers
        where server.token != nil && server.url.isPlain && !access.allowInsecure {
            throw ProvisionError(
                .configuration, "a token would go to \(server.url.shown) over plain http",
                remedy: "use https, or set insecure = true in vendors.d",
                option: server.url == origin?.url ? "token" : "mirrors")
        }
        forms = try Self.forms(configuration, origin)
    }

    func signers(_ services: ProvisionServices) -> ReleaseSigners? {
        signers.map { ReleaseSigners(file: $0, environment: services.environment) }
    }

    /// The file's own; else what begins with its origin; the instance `tarball` without either takes every URL.
    private static func forms(
        _ configuration: VendorConfiguration, _ origin: TarballServer?
    ) throws(ProvisionError) -> [ReferenceForm] {
        if !configuration.forms.isEmpty { return configuration.forms }
        if let origin { return ["\(origin.url.origin)/{path*}"].compactMap { ReferenceForm($0) } }
        guard configuration.name == TarballVendor.builtInName else {
            throw ProvisionError(
                .configuration, "\(configuration.name) names no URLs that are its own",
                remedy: "set origin = \"https://HOST\" or forms")
        }
        return ["https://{path*}", "http://{path*}"].compactMap { ReferenceForm($0) }
    }
}
