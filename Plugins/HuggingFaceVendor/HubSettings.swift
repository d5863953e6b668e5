import Provisioning

/// An instance's configuration, checked.
struct HubSettings: Sendable {
    let name: String
    let endpoint: HubServer
    let mirrors: [HubServer]
    let access: NetworkAccess
    /// Whether the token that users have set for the hub (`HF_TOKEN` and its files) belongs to this instance.
    let usesHubToken: Bool

    var isBuiltIn: Bool { name == HuggingFaceVendor.builtInName }

    init(_ configuration: VendorConfiguration, environment: [String: String]) throws(ProvisionError) {
        let options = configuration.options
        name = configuration.name
        let isBuiltIn = configuration.name == HuggingFaceVendor.builtInName
        let configured = options.string("endpoint")
        let inherited = isBuiltIn ? environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } : nil
        // A token that was set for the hub is not handed to an endpoint that a file puts in the hub's place.
        usesHubToken = isBuiltIn && configured == nil && options.secret("token") == nil
        endpoint = try HubServer(
            url: configured ?? inherited ?? HuggingFaceVendor.publicEndpoint, token: options.secret("token"))
        var mirrors: [HubServer] = []
        var caFiles: [String: String] = [:]
        for table in options.mirrors {
            let mirror = try HubServer(
                url: table.string("url") ?? "", token: table.secret("token"), option: "mirrors")
            mirrors.append(mirror)
            caFiles[mirror.origin] = table.string("ca-file")
        }
        self.mirrors = mirrors
        var access = try NetworkAccess(options, origins: ([endpoint] + mirrors).map(\.origin))
        access.caFiles = caFiles
        self.access = access
    }
}
