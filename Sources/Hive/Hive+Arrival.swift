import Archives
import ArtifactCatalog
public import ArtifactTypes
import ContentStore
import ModelCatalog
import Pipeline
public import Provisioning
public import SystemPackage
import Vendors
import WorkerCatalog
import WorkerProvisioner

/// Exports that arrive.
extension Hive {
    /// Whether a file is an export, by its content.
    public static func isExport(_ file: FilePath) -> Bool {
        Archive.isTar(file, beginningWith: ExportManifest.fileName)
    }

    /// Publishes and catalogues what is in an export, once every byte of it has been found to be what its manifest says.
    /// What is here already stays as it is.
    ///
    /// - Parameter kind: what is expected.
    /// - Throws: `.digestMismatch`, `.unsafeContent`, naming the entry at fault; `.invalid` for one of another kind. Then
    ///   nothing is published.
    public func importExport(
        _ file: FilePath, of kind: ArtifactKind, progress: ProgressSink
    ) async throws(ProvisionError) -> TransferReport {
        let job = job(kind, progress: progress)
        do {
            try Self.checkReadable(file)
            guard Self.isExport(file) else {
                throw ProvisionError(.digestMismatch, "it is no export of rbee-hive")
            }
            let (manifest, json) = try await Archive.read(file) { try Self.manifest(of: $0) }
            let arrivals = try manifest.items.map { try arrival($0, of: kind) }
            let needs = manifest.contents.map { content in
                SpaceNeed(
                    partial: ContentStore.partialName(digest: content.file.digest),
                    blob: content.file.blob ? content.file.digest : nil, size: content.file.size)
            }
            progress(.planned(files: needs.count, bytes: manifest.size, present: PresentBytes()))
            return try await store.withTree(job: job.id) { box in
                try await store.withPromisedSpace(for: needs, of: file.string, job: job.id) {
                    let received = try await Archive.read(file) { [store] contents in
                        guard try Self.manifest(of: contents).json == json else {
                            throw ProvisionError(.digestMismatch, "it changed while it was read")
                        }
                        return try ReceivedExport(manifest, from: contents, into: box, of: store, progress)
                    }
                    try await store.storeBlobs(received.blobs)
                    var report = TransferReport(bytes: manifest.size)
                    for arrival in arrivals {
                        if try await publish(arrival, received, job: "\(job.id)-item", progress) {
                            report.ids.append(arrival.artifact.id)
                        } else {
                            report.present.append(arrival.artifact.id)
                        }
                    }
                    return report
                }
            }
        } catch {
            var failure = ProvisionError(hive: error).of(file.string.visiblyEscaped)
            if failure.remedy == nil, [.digestMismatch, .unsafeContent].contains(failure.code) {
                failure.remedy = "nothing was imported; copy it once more, or have it exported again"
            }
            throw failure
        }
    }

    /// - Throws: `.notFound`, `.io`; `.invalid` for what gives its content once.
    private static func checkReadable(_ file: FilePath) throws {
        do {
            // A fifo would hold the opening for ever.
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .nonBlocking])
            let type = try descriptor.closeAfter { try descriptor.stat().type }
            if type == .regular || type == .directory { return }
        } catch let error as Errno {
            if error == .noSuchFileOrDirectory, file != "-" { throw ProvisionError(.notFound, "there is no such file") }
            if file != "-" { throw ProvisionError(.io(errno: error.rawValue), "cannot read it: \(error)") }
        }
        throw ProvisionError(
            .invalid, "an export is read twice, which this cannot be", remedy: "write it to a file, and name that")
    }

    /// What is to become of one artifact of an export.
    private struct Arrival {
        enum Entry {
            case model(ModelEntry)
            case worker(WorkerBinary)

            /// As the sidecar keeps it.
            func json() throws -> JSONValue {
                switch self {
                case .model(let entry): try CatalogJSON.value(of: entry)
                case .worker(let entry): try CatalogJSON.value(of: entry)
                }
            }
        }

        let artifact: Sidecar
        let pinned: Bool
        let entry: Entry
    }

    private func arrival(_ item: ExportManifest.Item, of kind: ArtifactKind) throws(ProvisionError) -> Arrival {
        let artifact = item.artifact
        guard artifact.kind == kind else {
            throw ProvisionError(
                .invalid, "\(artifact.item) is in it",
                remedy: "import it with rbee-hive \(artifact.kind.rawValue) import")
        }
        try checkTrust(artifact)
        let tree = store.treePath(artifact.item)
        let entry: Arrival.Entry =
            switch kind {
            case .model: .model(try ModelEntry(arriving: artifact, in: tree))
            case .worker: .worker(try worker(arriving: artifact, in: tree))
            }
        return Arrival(artifact: artifact, pinned: item.pinned, entry: entry)
    }

    private func worker(arriving artifact: Sidecar, in tree: FilePath) throws(ProvisionError) -> WorkerBinary {
        var entry = try WorkerBinary(arriving: artifact, in: tree)
        entry.provenance?.imported = true
        guard let resolution = try? artifact.resolution.decoded(as: Resolution.self) else {
            throw ProvisionError(.unsafeContent, "\(artifact.item) of the export does not say where it is from")
        }
        try workerProvisioner.checkSuccession(
            of: entry.id, by: resolution, isVouchedFor: entry.verified,
            remedy: "rbee-hive worker remove \(entry.id) makes room for it")
        return entry
    }

    /// What this machine would not take from a vendor it does not take from a file either.
    private func checkTrust(_ artifact: Sidecar) throws(ProvisionError) {
        guard let resolution = try? artifact.resolution.decoded(as: Resolution.self),
            let match = try registry.holder(of: resolution.reference, kind: artifact.kind)
        else { return }
        try match.checkTrust(
            resolution, unpacked: resolution.isUnpacked ? artifact.files.map { RemoteFile($0) } : nil)
    }

    private static func manifest(of contents: ArchiveContents) throws -> (manifest: ExportManifest, json: [UInt8]) {
        let json = try smallFile(ExportManifest.fileName, of: contents)
        let manifest = try ExportManifest(decoding: json)
        guard try smallFile(ExportManifest.sumsName, of: contents) == manifest.sums(of: json) else {
            throw ProvisionError(
                .digestMismatch, "archive entry \"\(ExportManifest.sumsName)\": not the sums of what the manifest has")
        }
        return (manifest, json)
    }

    private static func smallFile(_ name: String, of contents: ArchiveContents) throws -> [UInt8] {
        guard let entry = try contents.next(), entry.name == name, case .file(let size) = entry.kind,
            size <= ExportManifest.maximumSize
        else { throw ProvisionError(.unsafeContent, "archive entry \"\(name)\": no file of a sane size") }
        var bytes: [UInt8] = []
        try contents.read { bytes += $0 }
        return bytes
    }

    /// False where the store has all of it already.
    private func publish(
        _ arrival: Arrival, _ received: ReceivedExport, job: String, _ progress: ProgressSink
    ) async throws -> Bool {
        let artifact = arrival.artifact
        let item = artifact.item
        let isNew = try await withItem(item) {
            if let held = try? store.sidecar(item), held.isSame(as: artifact), try await isWhole(held) { return false }
            try await store.withTree(job: job) { tree in
                for file in artifact.files where file.blob {
                    try await tree.link(blob: file.digest, at: file.path, executable: file.executable)
                }
                try await tree.take(
                    artifact.files.filter { !$0.blob }.map { (try received.path(of: $0, in: item), $0) })
                for link in artifact.links { try tree.addLink(link) }
                try await tree.scan()
                try await store.publish(tree, as: item, entry: arrival.entry.json(), resolution: artifact.resolution)
                if arrival.pinned { try store.pin(item) }
            }
            return true
        }
        guard isNew else { return false }
        switch arrival.entry {
        case .model(let entry): try await catalogue(entry)
        case .worker(let entry):
            try await catalogue(entry)
            try await takeUp(entry, progress)
        }
        return true
    }

    /// A model that is damaged is repaired file by file; a worker, by importing it again.
    private func isWhole(_ held: Sidecar) async throws -> Bool {
        switch held.kind {
        case .model: store.isComplete(held)
        case .worker: try await store.verify(held.item).isSound
        }
    }

    /// A name that means nothing yet means what has arrived. One that does goes on meaning that: nobody has asked for
    /// another version.
    private func takeUp(_ entry: WorkerBinary, _ progress: ProgressSink) async throws {
        let versions = try workerList().filter { $0.name == entry.name }
        let chosen = try currentWorkers(among: versions)
        guard let current = chosen.first else {
            try await use(entry)
            return
        }
        if current == entry.id { return }
        progress(.notice("\(entry.name) is still \(current): rbee-hive worker use \(entry.id) changes that"))
    }
}
