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
                case (.model, let sidecar?): try models.add(modelRow(sidecar))
                case (.worker, let sidecar?): try workers.add(WorkerBinary(sidecar))
                case (.model, nil): try models.remove(item.id)
                case (.worker, nil): try workers.remove(item.id)
                }
                if sidecar == nil { try store.unpin(item) }
                configuration.logger.notice("settled \(item.id), which an interrupted run had left")
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Fills the columns that an earlier version's catalogs had not.
    func refreshRows() throws(ProvisionError) {
        do {
            try models.refresh()
            try workers.refresh()
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Fills new catalogs from the sidecars of all that is published and has no row. While nothing is published they
    /// stay marked as new, which costs a fresh store no write.
    func adoptAll() throws(ProvisionError) {
        do {
            let (publishedModels, brokenModels) = try store.sidecars(.model)
            let (publishedWorkers, brokenWorkers) = try store.sidecars(.worker)
            guard !publishedModels.isEmpty || !publishedWorkers.isEmpty else { return }
            let listed = Set(try models.ids() + workers.ids())
            let lostModels = publishedModels.filter { !listed.contains($0.id) }
            let lostWorkers = publishedWorkers.filter { !listed.contains($0.id) }
            for sidecar in lostModels { try models.add(modelRow(sidecar)) }
            for sidecar in lostWorkers { try workers.add(WorkerBinary(sidecar)) }
            for tree in brokenModels + brokenWorkers {
                configuration.logger.warning("left out \(tree.path): \(tree.error)")
            }
            let count = lostModels.count + lostWorkers.count
            if count > 0, database.setAside == nil {
                configuration.logger.warning(
                    "the catalog was lost; it is made anew from what is on disk, \(count) in all")
            }
            try database.markFilled()
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// The row that a model's sidecar stands for; whether it is pinned stands beside its tree.
    func modelRow(_ sidecar: Sidecar) throws(ProvisionError) -> ModelEntry {
        var entry = try ModelEntry(sidecar)
        entry.pinned = store.isPinned(sidecar.item)
        return entry
    }

    /// The last step of every provision: the row commits, and the published tree needs no adoption any more.
    func catalogue(_ entry: ModelEntry) async throws(ProvisionError) {
        let item = StoreItem(kind: .model, id: entry.id)
        try await settling(item) {
            var entry = entry
            entry.pinned = store.isPinned(item)
            try models.add(entry)
        }
    }

    func catalogue(_ entry: WorkerBinary) async throws(ProvisionError) {
        try await settling(StoreItem(kind: .worker, id: entry.id)) { try workers.add(entry) }
    }

    /// Under the item's lock: whoever removed the tree meanwhile has removed the row too, and it must not come back.
    private func settling(_ item: StoreItem, _ add: () throws -> Void) async throws(ProvisionError) {
        do {
            try await withItem(item) {
                guard try store.sidecar(item) != nil else {
                    throw ProvisionError(
                        .notFound, "\(item) was removed by another process", remedy: "ask for it again")
                }
                try add()
                try store.settle(item)
            }
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
