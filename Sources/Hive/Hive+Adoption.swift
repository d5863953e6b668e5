import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Logging
import ModelCatalog
import ModelProvisioner
import Provisioning
import WorkerCatalog
import WorkerProvisioner

/// Where the disk and the catalogs are brought together.
extension Hive {
    /// Settles what a crash left between the two: a published tree gets its row, a removed one loses it.
    func adoptPending() throws(ProvisionError) {
        do {
            try store.adoptPending { item, sidecar in
                switch (item.kind, sidecar) {
                case (.model, let sidecar?): try models.add(ModelEntry(sidecar))
                case (.worker, let sidecar?): try workers.add(WorkerBinary(sidecar))
                case (.model, nil): try models.remove(item.id)
                case (.worker, nil): try workers.remove(item.id)
                }
                configuration.logger.notice("settled \(item.id), which an interrupted run had left")
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// The last step of every provision: the row commits, and the published tree needs no adoption any more.
    func catalogue(_ entry: ModelEntry) throws(ProvisionError) {
        try settling(StoreItem(kind: .model, id: entry.id)) { try models.add(entry) }
    }

    func catalogue(_ entry: WorkerBinary) throws(ProvisionError) {
        try settling(StoreItem(kind: .worker, id: entry.id)) { try workers.add(entry) }
    }

    private func settling(_ item: StoreItem, _ add: () throws -> Void) throws(ProvisionError) {
        do {
            try add()
            try store.settle(item)
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
