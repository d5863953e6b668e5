import ArtifactCatalog
import ArtifactTypes
import ContentStore
import ModelCatalog
import Pipeline
import Provisioning
import WorkerCatalog

/// What a collection removes although it is catalogued: what was not used for long, and what is too much.
struct Retirement: Sendable {
    let item: StoreItem
    let lastUsed: Timestamp
    /// Content that it had, alone or not.
    var blobs: Set<Digest> = []
    /// Bytes of its files that are no blobs.
    var ownBytes: Int64 = 0

    /// What it had as it was removed.
    mutating func note(_ sidecar: Sidecar) {
        blobs = Set(sidecar.files.lazy.filter(\.blob).map(\.digest))
        ownBytes = sidecar.files.reduce(0) { sum, file in
            file.blob ? sum : sum.addingReportingOverflow(file.size).partialValue
        }
    }
}

extension Hive {
    /// Removes the models and workers that were not used since `time`, but for pinned models, and workers that a link
    /// leads to.
    func retire(unusedSince time: Timestamp, dryRun: Bool) async throws -> [Retirement] {
        var retired: [Retirement] = []
        for candidate in try candidates(models, .model) + candidates(workers, .worker)
        where candidate.lastUsed < time {
            if let gone = try await retire(candidate, dryRun: dryRun) { retired.append(gone) }
        }
        return retired
    }

    /// Removes models, the least recently used first, until the blobs of what remains take no more than `limit` bytes.
    ///
    /// One goes only if that frees something, by itself or with others that go: all of its blobs may be another's too.
    /// Pinned models and workers stay.
    /// - Parameter gone: what a dry run counts as removed already.
    func retire(toFit limit: Int64, gone: Set<StoreItem>, dryRun: Bool) async throws -> [Retirement] {
        var usage = BlobUsage()
        var sidecars: [StoreItem: Sidecar] = [:]
        for kind in ArtifactKind.allCases {
            for sidecar in try store.sidecars(kind).whole where !gone.contains(sidecar.item) {
                usage.add(sidecar)
                sidecars[sidecar.item] = sidecar
            }
        }
        var retired: [Retirement] = []
        var candidates = try candidates(models, .model).filter { sidecars[$0.item] != nil }
        while usage.bytes > limit, !candidates.isEmpty {
            let chosen = usage.choice(among: candidates.compactMap { sidecars[$0.item] }, toFit: limit)
            if chosen.isEmpty { break }
            // Whoever cannot go now is not chosen again: others may have to go instead.
            for candidate in candidates where chosen.contains(candidate.item) {
                candidates.removeAll { $0.item == candidate.item }
                guard let sidecar = sidecars[candidate.item], let gone = try await retire(candidate, dryRun: dryRun)
                else { break }
                usage.remove(sidecar)
                retired.append(gone)
            }
        }
        return retired
    }

    /// What may be removed, the least recently used first.
    private func candidates<Entry>(_ catalog: SQLiteCatalog<Entry>, _ kind: ArtifactKind) throws -> [Retirement] {
        try catalog.summaries()
            .map { row in
                Retirement(item: StoreItem(kind: kind, id: row.id), lastUsed: row.lastAccessed ?? row.addedAt)
            }
            .filter { try !store.isPinned($0.item) && !isLinked($0.item) }
            .sorted { ($0.lastUsed, $0.item.id) < ($1.lastUsed, $1.item.id) }
    }

    /// Removes one artifact; nil where a job works on it, or it was used or pinned meanwhile.
    private func retire(_ candidate: Retirement, dryRun: Bool) async throws -> Retirement? {
        let item = candidate.item
        do {
            return try await store.withLock(.item(item), deadline: .zero) {
                guard try lastUse(of: item) == candidate.lastUsed, !store.isPinned(item), try !isLinked(item) else {
                    return nil
                }
                var retired = candidate
                if let sidecar = try pipeline.sidecar(item) { retired.note(sidecar) }
                if !dryRun {
                    try await store.remove(item)
                    try removeRow(of: item)
                    try store.settle(item)
                }
                return retired
            }
        } catch let error as StoreError {
            guard case .locked = error.code else { throw error }
            return nil
        }
    }

    private func lastUse(of item: StoreItem) throws -> Timestamp? {
        switch item.kind {
        case .model: try models.get(item.id).map { $0.lastAccessed ?? $0.addedAt }
        case .worker: try workers.get(item.id).map { $0.lastAccessed ?? $0.addedAt }
        }
    }

    private func removeRow(of item: StoreItem) throws {
        switch item.kind {
        case .model: try models.remove(item.id)
        case .worker: try workers.remove(item.id)
        }
    }
}

/// How many trees use each blob, and the bytes of all that are used.
private struct BlobUsage {
    private var uses: [Digest: Int] = [:]
    private(set) var bytes: Int64 = 0

    mutating func add(_ sidecar: Sidecar) {
        for (digest, size) in Self.blobs(of: sidecar) {
            if uses[digest, default: 0] == 0 { bytes = bytes.addingReportingOverflow(size).partialValue }
            uses[digest, default: 0] += 1
        }
    }

    mutating func remove(_ sidecar: Sidecar) {
        for (digest, size) in Self.blobs(of: sidecar) {
            uses[digest, default: 1] -= 1
            if uses[digest] == 0 { bytes -= size }
        }
    }

    /// The first of `sidecars` whose removal leaves no more than `limit` bytes, or frees what can be freed; without those
    /// that free nothing even so.
    func choice(among sidecars: [Sidecar], toFit limit: Int64) -> Set<StoreItem> {
        var rest = self
        var chosen: [Sidecar] = []
        for sidecar in sidecars where rest.bytes > limit {
            rest.remove(sidecar)
            chosen.append(sidecar)
        }
        var items = Set(chosen.map(\.item))
        for sidecar in chosen {
            var kept = rest
            kept.add(sidecar)
            guard kept.bytes == rest.bytes else { continue }
            rest = kept
            items.remove(sidecar.item)
        }
        return items
    }

    /// A tree may have one blob under several names.
    private static func blobs(of sidecar: Sidecar) -> [Digest: Int64] {
        Dictionary(
            sidecar.files.lazy.filter(\.blob).map { ($0.digest, $0.size) }, uniquingKeysWith: { first, _ in first })
    }
}
