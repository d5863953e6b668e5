import ArtifactCatalog
public import ContentStore
public import ModelCatalog
public import Provisioning

extension ModelEntry {
    /// The entry that a published tree carries.
    public init(_ sidecar: Sidecar) throws(ProvisionError) {
        do {
            self = try CatalogJSON.entry(ModelEntry.self, from: sidecar.entry)
        } catch {
            throw ProvisionError(
                .digestMismatch, "artifact.json of \(sidecar.id) holds no model entry: \(error)",
                remedy: "fetch it again with --force")
        }
    }
}
