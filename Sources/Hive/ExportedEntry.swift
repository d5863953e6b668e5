import ArtifactCatalog
import ArtifactTypes
import ContentStore
import ModelCatalog
import ModelProvisioner
import Pipeline
import Provisioning
import SystemPackage
import WorkerCatalog
import WorkerProvisioner

/// A catalog entry that leaves one machine for another.
protocol ExportedEntry: Artifact {
    /// On its machine; in an export, from the artifact's folder on.
    var path: String { get set }
    var addedAt: Timestamp { get set }
}

extension ModelEntry: ExportedEntry {}
extension WorkerBinary: ExportedEntry {}

extension ExportedEntry {
    private static var folder: String { "." }

    /// As an export has it: what only this machine knows is left out.
    func leaving(_ artifact: Sidecar) -> Self {
        var entry = self
        // The store may have been moved since: what is above the artifact's folder tells nothing.
        let folder = "/\(ContentStore.key(for: artifact.id))/"
        let file = artifact.files.map(\.path.string).filter { path.hasSuffix(folder + $0) }.max { $0.count < $1.count }
        entry.path = file ?? Self.folder
        entry.lastAccessed = nil
        return entry
    }

    /// As this machine has it, whose tree it is in. It is new here: garbage collection goes by that.
    ///
    /// - Throws: `.unsafeContent` for an entry of something else than `artifact`.
    func arriving(_ artifact: Sidecar, in tree: FilePath) throws(ProvisionError) -> Self {
        let isFile = artifact.files.contains { $0.path.string == path }
        guard id == artifact.id, size == artifact.size, isFile || (path == Self.folder && Self.kind == .model) else {
            throw ProvisionError(
                .unsafeContent, "\(artifact.item) of the export describes something else than its files")
        }
        var entry = self
        entry.path = isFile ? tree.appending(path).string : tree.string
        entry.addedAt = .now
        entry.lastAccessed = nil
        return entry
    }
}

extension ModelEntry {
    /// - Throws: `.unsafeContent`, likewise.
    init(arriving artifact: Sidecar, in tree: FilePath) throws(ProvisionError) {
        self = try ModelEntry(artifact).arriving(artifact, in: tree)
        let listed = Set(config.files)
        let resolution = try? artifact.resolution.decoded(as: Resolution.self)
        guard listed == Set(artifact.files.map { ModelFile(path: $0.path, size: $0.size, digest: $0.digest) }),
            resolution?.reference.description == id, resolution?.revision == revision ?? ""
        else {
            throw ProvisionError(
                .unsafeContent, "\(artifact.item) of the export describes something else than its files")
        }
    }
}

extension WorkerBinary {
    /// - Throws: `.unsupported` for one that another kind of machine runs; `.unsafeContent`, likewise.
    init(arriving artifact: Sidecar, in tree: FilePath) throws(ProvisionError) {
        self = try WorkerBinary(artifact).arriving(artifact, in: tree)
        let host = HostPlatform.current
        guard platform == host.os, supportedArchitectures.isEmpty || supportedArchitectures.contains(host.arch) else {
            let processors = supportedArchitectures.joined(separator: ", ")
            throw ProvisionError(
                .unsupported, "\(id) is for \(platform.rawValue) \(processors), this machine is \(host)",
                remedy: "import the worker that was made for this machine")
        }
        // A link will have this name, and the choice of a version goes by it.
        let name = WorkerName(
            name: name, variant: workerType, version: version, platform: platform, toolkit: toolkit)
        guard name.isValid, name.id == id else {
            throw ProvisionError(
                .unsafeContent, "\(artifact.item) of the export calls itself \(name.id.visiblyEscaped)")
        }
    }
}

extension Sidecar {
    /// What an export says of it.
    func leaving() throws -> Sidecar {
        let entry =
            switch kind {
            case .model: try CatalogJSON.value(of: CatalogJSON.entry(ModelEntry.self, from: entry).leaving(self))
            case .worker: try CatalogJSON.value(of: CatalogJSON.entry(WorkerBinary.self, from: entry).leaving(self))
            }
        var resolution = resolution
        if var known = try? resolution.decoded(as: Resolution.self) {
            known.forgetQueries()
            resolution = try JSONValue(encoding: known)
        }
        return Sidecar(item: item, files: files, links: links, entry: entry, resolution: resolution)
    }
}

extension Resolution {
    /// What signs a URL is not for whoever gets the export; where a file is now, its vendor is asked anew.
    fileprivate mutating func forgetQueries() {
        guard case .files(var files, let listing) = payload else { return }
        for index in files.indices {
            for source in files[index].sources.indices {
                let url = files[index].sources[source].url
                files[index].sources[source].url = String(url.prefix { $0 != "?" && $0 != "#" })
            }
        }
        payload = .files(files, listing: listing)
    }
}

extension Sidecar {
    /// Whether it is the same files at the same revision.
    func isSame(as other: Sidecar) -> Bool {
        files == other.files && links == other.links && resolution["revision"] == other.resolution["revision"]
    }
}
