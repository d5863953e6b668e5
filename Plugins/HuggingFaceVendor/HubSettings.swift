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
            url: configured ?? inherited ?? HuggingFaceVendor.publicEndpoint, token: options.secret("token"),
            caFile: options.string("ca-file"))
        var mirrors: [HubServer] = []
        for value in options.list("mirrors") {
            switch value {
            case .string(let url):
                mirrors.append(try HubServer(url: url, token: nil, caFile: options.string("ca-file")))
            case .table(let table):
                guard let url = table.string("url") else { continue }
                mirrors.append(
                    try HubServer(
                        url: url, token: table.secret("token"),
                        caFile: table.string("ca-file") ?? options.string("ca-file")))
            default: continue
            }
        }
        self.mirrors = mirrors
        access = try NetworkAccess(options, origins: ([endpoint] + mirrors).map(\.origin))
    }
}
