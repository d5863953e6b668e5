public import ArtifactCatalog
public import ArtifactTypes
import ContentStore
public import ModelCatalog
import ModelFormats
public import Pipeline
public import Provisioning
public import SystemPackage

/// A model that another program has on this machine, and what it says of it.
public struct ForeignModel: Sendable {
    /// What it is to be filed under; one without selector gets its only quantization.
    public var reference: ArtifactReference
    /// Where each file is now.
    public var files: [RelativePath: FilePath]
    public var source: ModelSource
    public var name: String?
    public var author: String?
    public var modelType: ModelType?
    public var revision: String?
    public var license: String?
    public var tags: [String]
    public var addedAt: Timestamp?
    public var lastAccessed: Timestamp?

    public init(
        reference: ArtifactReference, files: [RelativePath: FilePath], source: ModelSource, name: String? = nil,
        author: String? = nil, modelType: ModelType? = nil, revision: String? = nil, license: String? = nil,
        tags: [String] = [], addedAt: Timestamp? = nil, lastAccessed: Timestamp? = nil
    ) {
        self.reference = reference
        self.files = files
        self.source = source
        self.name = name
        self.author = author
        self.modelType = modelType
        self.revision = revision
        self.license = license
        self.tags = tags
        self.addedAt = addedAt
        self.lastAccessed = lastAccessed
    }
}

extension ModelProvisioner {
    /// Copies a foreign model's files into the store, sharing their extents where that can be, and publishes them,
    /// described by their own headers. The other program's files stay as they are.
    ///
    /// - Returns: the entry to be catalogued; nil where the store has an artifact of that id already.
    /// - Throws: `.digestMismatch` for a broken header; what the store throws.
    public func adopt(_ model: ForeignModel, for job: ProvisionJob) async throws(ProvisionError) -> ModelEntry? {
        let reference = selecting(model)
        let item = StoreItem(kind: .model, id: reference.description)
        let store = pipeline.store
        do {
            return try await store.withLock(
                .item(item), deadline: .seconds(300),
                {
                    if try store.sidecar(item) != nil { return nil }
                    return try await store.withTree(job: job.id) { tree in
                        for (path, file) in model.files.sorted(by: { $0.key < $1.key }) {
                            let blob = try await store.adoptBlob(copyOf: file)
                            try await tree.link(blob: blob.digest, at: path)
                        }
                        return try await publish(tree, model, reference, item)
                    }
                })
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    private func publish(
        _ tree: StagedTree, _ model: ForeignModel, _ reference: ArtifactReference, _ item: StoreItem
    ) async throws -> ModelEntry {
        // What a vendor would have said. It has no URL: where the files came from is asked of the vendor when needed.
        let resolution = Resolution(
            reference: reference, vendor: reference.vendor ?? "", kind: .model, revision: model.revision ?? "",
            payload: .files(tree.files.map { RemoteFile($0) }, listing: .exact),
            metadata: Resolution.Metadata(license: model.license, tags: model.tags, unverified: true))
        let description = ModelDescription(
            tree: tree, resolution: resolution, item: item, source: model.source, isVerified: false,
            folder: pipeline.store.treePath(item))
        var entry = try description.entry()
        entry.name = model.name ?? entry.name
        entry.author = model.author ?? entry.author
        entry.modelType = model.modelType ?? entry.modelType
        entry.addedAt = model.addedAt ?? entry.addedAt
        entry.lastAccessed = model.lastAccessed
        try await pipeline.store.publish(
            tree, as: item, entry: CatalogJSON.value(of: entry), resolution: JSONValue(encoding: resolution))
        return entry
    }

    private func selecting(_ model: ForeignModel) -> ArtifactReference {
        var reference = model.reference
        guard reference.selector == nil, !reference.isURL else { return reference }
        let quantizations = Set(
            model.files.keys.filter { $0.string.lowercased().hasSuffix(".gguf") && !ShardName.isProjector($0) }
                .map { Quantization.parse($0.string)?.description })
        if quantizations.count == 1, let only = quantizations.first { reference.selector = only }
        return reference
    }
}
