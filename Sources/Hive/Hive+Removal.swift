import ArtifactTypes
import ContentStore
import Provisioning

/// What leaves the store.
extension Hive {
    /// Removes `item` under its lock: the tree, then the row. A marker stands in between, so that after a crash the next
    /// start finishes it.
    func removing(_ item: StoreItem, row: @Sendable () throws -> Void) async throws(ProvisionError) {
        do {
            try await withItem(item) {
                try await store.remove(item)
                try row()
                try store.unpin(item)
                try store.settle(item)
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
