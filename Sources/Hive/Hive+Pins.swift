import ArtifactCatalog
import ArtifactTypes
import ContentStore
public import ModelCatalog
public import Provisioning

extension Hive {
    /// Pins a model, or takes its pin away: a pinned one is never removed by age or for its size, only by name.
    ///
    /// - Returns: the entry as it is catalogued now.
    public func setPinned(_ pinned: Bool, _ entry: ModelEntry) async throws(ProvisionError) -> ModelEntry {
        let item = StoreItem(kind: .model, id: entry.id)
        do {
            return try await withItem(item) {
                guard try models.contains(item.id) else {
                    throw ProvisionError(.notFound, "\(item) was removed meanwhile")
                }
                // The store's pin comes first: it is what the garbage collector heeds.
                if pinned { try store.pin(item) } else { try store.unpin(item) }
                return try models.update(item.id) { $0.pinned = pinned }
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
