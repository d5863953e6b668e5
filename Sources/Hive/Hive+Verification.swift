public import ArtifactTypes
import ContentStore
public import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning
public import WorkerCatalog

/// What is on disk, compared with what was published.
extension Hive {
    /// What one artifact's files were found to be.
    public struct VerifiedArtifact: Sendable {
        public let id: String
        /// Published and no longer there.
        public let missing: [RelativePath]
        /// There, with other bytes.
        public let corrupt: [RelativePath]
        /// There, and never published.
        public let extra: [String]
        /// Fetched again, and right now.
        public internal(set) var repaired: [RelativePath] = []

        public var isIntact: Bool { missing.count + corrupt.count == repaired.count }
    }

    /// Hashes every file of a model again; with `repair`, fetches those that are bad from where they came.
    public func verify(
        _ entry: ModelEntry, repair: Bool, progress: ProgressSink
    ) async throws(ProvisionError) -> VerifiedArtifact {
        var found = try await verify(StoreItem(kind: .model, id: entry.id))
        guard repair, !found.isIntact else { return found }
        let job = job(.model, progress: progress)
        let bad = found.missing + found.corrupt
        try await modelProvisioner.repair(StoreItem(kind: .model, id: entry.id), bad, for: job)
        found.repaired = bad
        return found
    }

    public func verify(_ entry: WorkerBinary) async throws(ProvisionError) -> VerifiedArtifact {
        try await verify(StoreItem(kind: .worker, id: entry.id))
    }

    private func verify(_ item: StoreItem) async throws(ProvisionError) -> VerifiedArtifact {
        do {
            let result = try await store.verify(item)
            return VerifiedArtifact(
                id: item.id, missing: result.missing, corrupt: result.corrupt, extra: result.extra)
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
