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
        let item = StoreItem(kind: .model, id: entry.id)
        let isLost = try !hasTree(item)
        var found =
            isLost
            ? VerifiedArtifact(id: entry.id, missing: entry.config.files.map(\.path), corrupt: [], extra: [])
            : try await verify(item)
        if isLost, found.missing.isEmpty {
            throw lost(item, remedy: "rbee-hive model download \(entry.id) fetches them again")
        }
        guard repair, !found.isIntact else { return found }
        let job = job(.model, progress: progress)
        let bad = found.missing + found.corrupt
        if isLost {
            try await restore(entry, for: job)
        } else {
            try await modelProvisioner.repair(item, bad, for: job)
        }
        found.repaired = bad
        return found
    }

    public func verify(_ entry: WorkerBinary) async throws(ProvisionError) -> VerifiedArtifact {
        let item = StoreItem(kind: .worker, id: entry.id)
        guard try hasTree(item) else {
            throw lost(item, remedy: remedy(for: entry))
        }
        return try await verify(item)
    }

    /// Publishes a model whose folder is gone as its row says it was; what of its blobs is gone too is fetched again.
    private func restore(_ entry: ModelEntry, for job: ProvisionJob) async throws(ProvisionError) {
        let item = StoreItem(kind: .model, id: entry.id)
        do {
            guard let sidecar = try sidecar(recalledFrom: entry) else {
                throw lost(item, remedy: "rbee-hive model download \(entry.id) fetches them again")
            }
            var gone: [RelativePath] = []
            for file in sidecar.files where try await !store.isIntact(file.digest) { gone.append(file.path) }
            if !gone.isEmpty { try await modelProvisioner.repair(item, gone, recalled: sidecar, for: job) }
            try await withItem(item) { if try !hasTree(item) { try await remakeSidecar(of: item, entry) } }
            guard try hasTree(item) else { throw lost(item, remedy: "run it again") }
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Whether something is published under that id, sound or not.
    private func hasTree(_ item: StoreItem) throws(ProvisionError) -> Bool {
        do {
            return try store.sidecar(item) != nil
        } catch  where error.code == .corrupt {
            return true
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    private func lost(_ item: StoreItem, remedy: String) -> ProvisionError {
        ProvisionError(.digestMismatch, "the files of \(item.id) are gone", remedy: remedy)
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
