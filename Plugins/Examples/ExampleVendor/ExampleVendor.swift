import ArtifactTypes
import Foundation
public import Provisioning

/// Models that a web server lists in one JSON file.
public enum ExampleVendor {
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "example", summary: "models that a web server lists in one JSON file",
            options: [VendorOption("endpoint", .string, required: true, "where example/index.json lies")],
            provides: [.model])
    ) { (configuration, services) throws(ProvisionError) -> any Provisioner in
        ExampleProvisioner(
            vendor: configuration.name, endpoint: configuration.options.string("endpoint") ?? "", services: services)
    }
}

struct ExampleProvisioner: Provisioner {
    let vendor: String
    let endpoint: String
    let services: ProvisionServices

    var forms: [ReferenceForm] { [ReferenceForm("\(vendor):{org}/{name}")].compactMap { $0 } }
    var access: NetworkAccess { NetworkAccess(configuredOrigins: [endpoint]) }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let url = endpoint + "/example/index.json"
        let answer = try await services.http.send(HTTPRequest(url: url, access: access))
        guard answer.status == 200, let index = try? JSONDecoder().decode(Index.self, from: Data(answer.body)) else {
            throw ProvisionError(.unavailable, "\(url) is no index (status \(answer.status))")
        }
        guard let model = index.models[reference.locator] else {
            let all = index.models.keys.sorted().joined(separator: ", ")
            throw ProvisionError(.notFound, "no model \(reference.locator); there are \(all)")
        }
        guard reference.revision == nil || reference.revision == model.revision else {
            throw ProvisionError(.revisionNotFound, "no \(reference); there is \(model.revision)")
        }
        let files = model.files.map { file in
            RemoteFile(
                path: file.path, size: file.size, digest: Digest(.sha256, hex: file.sha256),
                sources: [RemoteSource(url: file.url)])
        }
        return Resolution(
            reference: reference, vendor: vendor, kind: .model, revision: model.revision,
            payload: .files(files, listing: .repository))
    }
}

private struct Index: Decodable {
    struct Model: Decodable {
        let revision: String
        let files: [File]
    }
    struct File: Decodable {
        // A path that would climb does not decode.
        let path: RelativePath
        let size: Int64
        let sha256: String
        let url: String
    }
    let models: [String: Model]
}
