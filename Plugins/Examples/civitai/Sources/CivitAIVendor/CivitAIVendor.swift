import ArtifactTypes
public import Provisioning

/// Models of CivitAI, as `civitai:MODEL[@VERSION]`: numbers, as in the site's URLs.
public enum CivitAIVendor {
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "civitai", summary: "models of CivitAI",
            options: [
                VendorOption(
                    "endpoint", .string, fallback: "https://civitai.com", environment: ["CIVITAI_ENDPOINT"],
                    "the server's origin"),
                VendorOption("token", .secret, environment: ["CIVITAI_TOKEN"], "an API key"),
            ], provides: [.model])
    ) { (configuration, services) throws(ProvisionError) -> any Provisioner in
        CivitAIProvisioner(configuration, services)
    }
}

struct CivitAIProvisioner: Provisioner {
    let forms: [ReferenceForm]
    let access: NetworkAccess
    private let vendor: String
    private let client: CivitAIClient

    init(_ configuration: VendorConfiguration, _ services: ProvisionServices) {
        vendor = configuration.name
        forms = ReferenceForm("\(configuration.name):{model}").map { [$0] } ?? []
        let endpoint = configuration.options.string("endpoint") ?? "https://civitai.com"
        access = NetworkAccess(configuredOrigins: [endpoint])
        client = CivitAIClient(
            endpoint: endpoint, token: configuration.options.secret("token"), access: access, services: services)
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        guard let model = Int(reference.locator), model > 0 else {
            throw ProvisionError(
                .invalid, "\(reference): a model of CivitAI is a number", remedy: "take it from the page's URL")
        }
        if context.offline { throw ProvisionError(.offline, "\(reference) is not stored") }
        let (version, tags) = try await find(model, reference.revision)
        let headers = try await client.headers()
        var files: [RemoteFile] = []
        for file in version.files where file.type != "Training Data" {
            files.append(try file.remote(headers))
        }
        guard !files.isEmpty else {
            throw ProvisionError(.notFound, "version \(version.id) of model \(model) has no files")
        }
        return Resolution(
            reference: reference, vendor: vendor, kind: .model, revision: String(version.id),
            payload: .files(files, listing: .repository), metadata: .init(tags: tags))
    }

    /// The version that was asked for, or the newest, which the API lists first.
    private func find(_ model: Int, _ revision: String?) async throws(ProvisionError) -> (CivitAIVersion, [String]) {
        guard let revision else {
            let page: CivitAIModel = try await client.get("/api/v1/models/\(model)", missing: .notFound)
            guard let newest = page.modelVersions.first else {
                throw ProvisionError(.notFound, "model \(model) has no published version")
            }
            return (newest, page.tags ?? [])
        }
        guard let number = Int(revision), number > 0 else {
            throw ProvisionError(
                .revisionNotFound, "\(revision): a version of CivitAI is a number",
                remedy: "take it from modelVersionId in the page's URL")
        }
        let version: CivitAIVersion = try await client.get(
            "/api/v1/model-versions/\(number)", missing: .revisionNotFound)
        guard version.modelId == nil || version.modelId == model else {
            throw ProvisionError(.revisionNotFound, "version \(number) is not of model \(model)")
        }
        return (version, [])
    }
}
