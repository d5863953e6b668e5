import Archives
import ArtifactTypes
import ContentStore
public import ModelCatalog
import Pipeline
public import Provisioning
public import SystemPackage
public import WorkerCatalog

/// Artifacts on their way to a machine that has no internet.
extension Hive {
    /// Where an export goes.
    public enum ExportTarget: Sendable {
        /// A file, which has its name only once it is whole; one of that name is replaced only if that is asked for.
        case file(FilePath, replacing: Bool)
        /// An open pipe.
        case pipe(FileDescriptor)
    }

    /// What was exported or imported.
    public struct TransferReport: Sendable, Encodable {
        /// Of the artifacts that were moved.
        public internal(set) var ids: [String] = []
        /// Of those that were here already.
        public internal(set) var present: [String] = []
        /// Of content, each once; in bytes.
        public internal(set) var bytes: Int64 = 0
    }

    public func export(
        _ entries: [ModelEntry], to target: ExportTarget, progress: ProgressSink
    ) async throws(ProvisionError) -> TransferReport {
        try await export(entries.map { StoreItem(kind: .model, id: $0.id) }, to: target, progress)
    }

    public func export(
        _ entries: [WorkerBinary], to target: ExportTarget, progress: ProgressSink
    ) async throws(ProvisionError) -> TransferReport {
        try await export(entries.map { StoreItem(kind: .worker, id: $0.id) }, to: target, progress)
    }

    /// Every byte is read once, hashed, and compared with what was published.
    private func export(
        _ items: [StoreItem], to target: ExportTarget, _ progress: ProgressSink
    ) async throws(ProvisionError) -> TransferReport {
        do {
            let manifest = try ExportManifest(unique(items).map { try exported($0) })
            progress(.planned(files: manifest.contents.count, bytes: manifest.size, present: PresentBytes()))
            let fill: @Sendable (ArchiveWriter) throws -> Void = { [self] in try add(manifest, to: $0, progress) }
            switch target {
            case .pipe(let descriptor): try await Archive.write(to: descriptor, fill)
            case .file(let path, let replacing):
                // Not after an hour of copying.
                if !replacing, (try? path.stat()) != nil { throw Self.exists(path) }
                do {
                    try await Archive.write(path, replacing: replacing, size: manifest.size, fill)
                } catch let error as ArchiveError {
                    throw Self.failure(error, writing: path, size: manifest.size)
                }
            }
            return TransferReport(ids: manifest.items.map(\.artifact.id), bytes: manifest.size)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    private func exported(_ item: StoreItem) throws -> ExportManifest.Item {
        guard let sidecar = try store.sidecar(item) else {
            throw ProvisionError(
                .digestMismatch, "\(item) is catalogued, and its files are gone", remedy: remedy(for: item))
        }
        return ExportManifest.Item(artifact: try sidecar.leaving(), pinned: store.isPinned(item))
    }

    private func add(_ manifest: ExportManifest, to writer: ArchiveWriter, _ progress: ProgressSink) throws {
        let json = try manifest.encoded()
        for (name, bytes) in [(ExportManifest.fileName, json), (ExportManifest.sumsName, try manifest.sums(of: json))] {
            try writer.addFile(name, size: Int64(bytes.count))
            try bytes.withUnsafeBytes { try writer.write($0) }
        }
        for entry in manifest.entries {
            switch (entry.content, entry.file) {
            case (.link(let link), _): try writer.addSymbolicLink(entry.name, to: link.target)
            case (.copy(let first), _): try writer.addLink(entry.name, to: first)
            case (.file, let file?): try add(file, entry, to: writer, progress)
            case (.file, nil): break
            }
        }
    }

    private func add(
        _ file: SidecarFile, _ entry: ExportManifest.Entry, to writer: ArchiveWriter, _ progress: ProgressSink
    ) throws {
        try writer.addFile(entry.name, size: file.size, executable: file.executable)
        var done: Int64 = 0
        do {
            try store.read(file, of: entry.item) { bytes in
                try writer.write(bytes)
                done += Int64(bytes.count)
                progress(.transfer(path: entry.name, received: done, total: file.size))
            }
        } catch let error as StoreError where error.code == .corrupt {
            throw ProvisionError(
                .digestMismatch, "\(entry.item) is damaged: \(error.message)", remedy: remedy(for: entry.item))
        }
        progress(.fileDone(path: entry.name, bytes: file.size))
    }

    private func unique(_ items: [StoreItem]) -> [StoreItem] {
        var seen: Set<StoreItem> = []
        return items.filter { seen.insert($0).inserted }
    }

    /// What libarchive or the disk says of a file outside the store.
    private static func failure(_ error: ArchiveError, writing path: FilePath, size: Int64) -> ProvisionError {
        let failure = ProvisionError(hive: error).of(path.string.visiblyEscaped)
        switch error.code {
        case .io(errno: Errno.fileExists.rawValue): return exists(path)
        case .io(errno: Errno.resourceTemporarilyUnavailable.rawValue):
            return ProvisionError(
                .locked, "another process writes \(path.string.visiblyEscaped)", remedy: "wait for it, or name another")
        case .insufficientSpace:
            return ProvisionError(failure.code, failure.message, remedy: "\(ByteCount(size)) are to be written there")
        case .io: return ProvisionError(failure.code, failure.message, remedy: "choose another place for the file")
        default: return failure
        }
    }

    private static func exists(_ path: FilePath) -> ProvisionError {
        ProvisionError(
            .io(errno: Errno.fileExists.rawValue), "\(path.string.visiblyEscaped) is there already",
            remedy: "choose another name, or replace it with --force")
    }
}
