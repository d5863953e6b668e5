public import ArtifactTypes
public import ContentStore
public import Pipeline
public import Provisioning

extension ModelProvisioner {
    /// Fetches `paths` of a published model again, at the very revision that it has, and replaces them wherever they are
    /// used.
    public func repair(
        _ item: StoreItem, _ paths: [RelativePath], for job: ProvisionJob
    ) async throws(ProvisionError) {
        guard let sidecar = try pipeline.sidecar(item) else {
            throw ProvisionError(
                .notFound, "\(item.id) has lost its artifact.json",
                remedy: "rbee-hive model download \(item.id) --force fetches it anew")
        }
        try await pipeline.repair(sidecar, paths, for: job)
    }
}
