import ArtifactCatalog
import ArtifactTypes
import ContentStore
import SystemPackage

/// One catalog, compared with what the store has published of its kind.
struct CatalogAudit<Entry: Artifact & Equatable> {
    let catalog: SQLiteCatalog<Entry>
    let store: ContentStore
    /// The row that a sidecar stands for.
    let entry: @Sendable (Sidecar) throws -> Entry

    /// How an item's row and tree disagree.
    enum Disagreement {
        case rowWithoutTree
        case treeWithoutRow
        /// With the reason.
        case unreadableRow(String)
        case differentRow
        case damagedSidecar(String)
        /// The sidecar's files that are gone or of another size.
        case missingFiles([RelativePath])
    }

    struct Finding {
        let item: StoreItem
        let disagreement: Disagreement
    }

    /// All that disagrees, in the order of the ids; what a running job is at work on is left to that job.
    func findings() async throws -> [Finding] {
        let known = try catalog.ids() + store.sidecars(Entry.kind).whole.map(\.id)
        var findings: [Finding] = []
        for id in Set(known).sorted() {
            let item = StoreItem(kind: Entry.kind, id: id)
            guard try disagreement(on: item) != nil else { continue }
            do {
                let found = try await store.withLock(.item(item), deadline: .zero) { try disagreement(on: item) }
                if let found { findings.append(Finding(item: item, disagreement: found)) }
            } catch let error as StoreError {
                guard case .locked = error.code else { throw error }
            }
        }
        return findings
    }

    /// Trees without a readable sidecar that no row is of, so that nothing tells what they are.
    func strangers() throws -> [BrokenTree] {
        let known = Set(try catalog.ids().map { store.treePath(StoreItem(kind: Entry.kind, id: $0)) })
        return try store.sidecars(Entry.kind).broken.filter { !known.contains($0.path) }
    }

    /// Makes the row of `item` what its sidecar says; when it was used is known to the row alone, and kept. Without a
    /// tree the row goes. The caller holds the item's lock.
    func mendRow(of item: StoreItem) throws {
        guard let sidecar = try store.sidecar(item) else {
            try catalog.remove(item.id)
            return try store.unpin(item)
        }
        var mended = try entry(sidecar)
        if case .entry(let row) = try row(item.id) { mended.lastAccessed = row.lastAccessed }
        try catalog.add(mended)
    }

    private enum Row {
        case entry(Entry)
        case unreadable(String)
        case none
    }

    private func row(_ id: String) throws(CatalogError) -> Row {
        do throws(CatalogError) {
            return try catalog.get(id).map(Row.entry) ?? .none
        } catch {
            guard error.code == .invalid else { throw error }
            return .unreadable(error.message)
        }
    }

    private func disagreement(on item: StoreItem) throws -> Disagreement? {
        let row = try row(item.id)
        let sidecar: Sidecar?
        do {
            sidecar = try store.sidecar(item)
        } catch let error where error.code == .corrupt {
            return .damagedSidecar(error.message)
        }
        guard let sidecar else {
            if case .none = row { return nil }
            return .rowWithoutTree
        }
        switch row {
        case .none: return .treeWithoutRow
        case .unreadable(let reason): return .unreadableRow(reason)
        case .entry(let entry): return disagreement(of: entry, with: sidecar)
        }
    }

    private func disagreement(of row: Entry, with sidecar: Sidecar) -> Disagreement? {
        guard var expected = try? entry(sidecar) else { return .damagedSidecar("artifact.json holds no entry") }
        // When it was used is known to the row alone.
        expected.lastAccessed = row.lastAccessed
        if row != expected { return .differentRow }
        let missing = store.missingFiles(of: sidecar)
        return missing.isEmpty ? nil : .missingFiles(missing)
    }
}
