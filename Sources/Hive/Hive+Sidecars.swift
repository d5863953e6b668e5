import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Foundation
import ModelCatalog
import Pipeline
import Provisioning

extension Hive {
    /// Publishes a model whose artifact.json is damaged or gone anew: its row says what it consists of, and the blobs have
    /// it. Where they do not, all stays as it is. The caller holds the item's lock.
    func remakeSidecar(of item: StoreItem, _ row: ModelEntry) async throws {
        guard let sidecar = try sidecar(recalledFrom: row) else { return }
        for file in sidecar.files {
            guard try await store.isIntact(file.digest) else { return }
        }
        try await store.withTree(job: "sidecar-\(UUID().uuidString)") { tree in
            for file in sidecar.files { try await tree.link(blob: file.digest, at: file.path) }
            try await store.publish(tree, as: item, entry: sidecar.entry, resolution: sidecar.resolution)
        }
        try store.settle(item)
    }

    /// What a model's artifact.json would say, as far as its row tells; nil where that names no files.
    func sidecar(recalledFrom row: ModelEntry) throws -> Sidecar? {
        guard let reference = try? ArtifactReference(parsing: row.id), !row.config.files.isEmpty else { return nil }
        let item = StoreItem(kind: .model, id: row.id)
        let files = row.config.files.map {
            SidecarFile(path: $0.path, size: $0.size, digest: $0.digest, blob: true)
        }
        // Where the files came from is asked of the vendor again when that is needed.
        let resolution = Resolution(
            reference: reference, vendor: reference.vendor ?? "", kind: item.kind, revision: row.revision ?? "",
            payload: .files(files.map { RemoteFile($0) }, listing: .exact),
            metadata: Resolution.Metadata(
                license: row.config.license, tags: row.config.tags, gated: row.config.gated, unverified: !row.verified))
        return Sidecar(
            item: item, files: files, entry: try CatalogJSON.value(of: row),
            resolution: try JSONValue(encoding: resolution))
    }
}
