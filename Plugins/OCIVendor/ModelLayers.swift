import ArtifactTypes
import FoundationEssentials
import Provisioning

/// What an artifact says of a model beside its weights: its license, and how it is to be run.
struct ModelLayers: Sendable {
    let reference: OCIReference
    let manifest: Manifest

    /// The longest of such a layer that is read, in bytes.
    private static let maximumBytes = 256 << 10

    /// Reads the small blobs that hold it, each by its digest.
    func metadata(
        _ client: inout RegistryClient, _ context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution.Metadata {
        var metadata = Resolution.Metadata(license: manifest.annotations["org.opencontainers.image.licenses"])
        guard context.kind == .model else { return metadata }
        var defaults = ModelDefaults()
        for layer in manifest.layers {
            switch LayerKind(layer) {
            case .template:
                defaults.template = try await text(of: layer, &client, context)
            case .system:
                defaults.system = try await text(of: layer, &client, context)
            case .parameters:
                let bytes = try await bytes(of: layer, &client, context) ?? []
                // What does not parse costs these and nothing else.
                defaults.parameters = (try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))) ?? [:]
            case .file(.license) where metadata.license == nil:
                metadata.license = try await text(of: layer, &client, context).flatMap(Self.title)
            default: continue
            }
        }
        if metadata.license == nil { metadata.license = try await modelPackLicense(&client, context) }
        metadata.defaults = defaults.isEmpty ? nil : defaults
        return metadata
    }

    /// The first line of a license's text, which names it.
    private static func title(of text: String) -> String? {
        text.split(whereSeparator: \.isNewline).lazy
            .map { String($0.drop { $0 == " " || $0 == "\t" }) }
            .first { !$0.isEmpty }.map { String($0.visiblyEscaped.prefix(120)) }
    }

    private struct ModelPackConfiguration: Decodable {
        struct Descriptor: Decodable { var licenses: [String]? }
        var descriptor: Descriptor?
    }

    private func modelPackLicense(
        _ client: inout RegistryClient, _ context: ProvisionContext
    ) async throws(ProvisionError) -> String? {
        guard let config = manifest.config, config.type == "application/vnd.cncf.model.config.v1+json" else {
            return nil
        }
        let bytes = try await bytes(of: config, &client, context) ?? []
        let parsed = try? JSONDecoder().decode(ModelPackConfiguration.self, from: Data(bytes))
        return parsed?.descriptor?.licenses.flatMap { $0.isEmpty ? nil : $0.prefix(8).joined(separator: " AND ") }
    }

    private func text(
        of layer: Descriptor, _ client: inout RegistryClient, _ context: ProvisionContext
    ) async throws(ProvisionError) -> String? {
        try await bytes(of: layer, &client, context).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil for one that is longer than anybody writes.
    private func bytes(
        of layer: Descriptor, _ client: inout RegistryClient, _ context: ProvisionContext
    ) async throws(ProvisionError) -> [UInt8]? {
        let digest = try layer.checked(in: reference.subject)
        guard layer.size <= Self.maximumBytes else {
            let size = ByteCount(layer.size)
            context.progress(.notice("\(reference.subject): \(layer.type.visiblyEscaped) of \(size) is passed over"))
            return nil
        }
        return try await client.blob(digest, maximumBytes: Int(layer.size))
    }
}
