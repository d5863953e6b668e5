public import ArtifactTypes
public import ContentStore
public import Pipeline
public import Provisioning

extension ModelProvisioner {
    /// Fetches `paths` of a published model again, at the very revision that it has, and replaces them wherever they are
    /// used.
    ///
    /// - Parameter recalled: what is known of the model where its tree is gone; then its blobs alone are fetched.
    public func repair(
        _ item: StoreItem, _ paths: [RelativePath], recalled: Sidecar? = nil, for job: ProvisionJob
    ) async throws(ProvisionError) {
        let published = if let recalled { Optional(recalled) } else { try pipeline.sidecar(item) }
        guard let sidecar = published else {
            throw ProvisionError(
                .notFound, "\(item.id) has lost its artifact.json",
                remedy: "rbee-hive model download \(item.id) --force fetches it anew")
        }
        try await pipeline.repair(sidecar, paths, for: job)
    }
}
