import Archives
import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage

/// The content of an export, found to be what its manifest says, in staging.
struct ReceivedExport: Sendable {
    private let box: StagedTree
    /// Where content lies that was not here already, by the name of its entry.
    private var paths: [String: RelativePath] = [:]
    /// What is to become a blob.
    private(set) var blobs: [(part: FilePath, sha256: Digest)] = []

    /// Reads the entries behind the manifest.
    ///
    /// - Throws: `.digestMismatch`, `.unsafeContent` for the first entry that is not as the manifest says.
    init(
        _ manifest: ExportManifest, from contents: ArchiveContents, into box: StagedTree, of store: ContentStore,
        _ progress: ProgressSink
    ) throws {
        self.box = box
        for entry in manifest.entries {
            guard let found = try contents.next() else {
                throw ProvisionError(.digestMismatch, "it ends before the entry \"\(entry.name)\"")
            }
            guard found == entry.expected else {
                throw ProvisionError(
                    .unsafeContent,
                    "archive entry \"\(found.name.visiblyEscaped)\": not what the manifest has in its place, \(entry.name)"
                )
            }
            guard case .file = entry.content, let file = entry.file else { continue }
            try receive(file, entry.name, from: contents, store, progress)
        }
        if let rest = try contents.next() {
            throw ProvisionError(
                .unsafeContent, "archive entry \"\(rest.name.visiblyEscaped)\": the manifest does not have it")
        }
    }

    private mutating func receive(
        _ file: SidecarFile, _ name: String, from contents: ArchiveContents, _ store: ContentStore,
        _ progress: ProgressSink
    ) throws {
        let isHere = file.blob && store.hasBlob(file.digest, size: file.size)
        let path = isHere ? nil : try RelativePath("\(paths.count)")
        var done: Int64 = 0
        do {
            try box.receive(file.digest, size: file.size, named: name, at: path) { sink in
                try contents.read { bytes in
                    try sink(bytes)
                    done += Int64(bytes.count)
                    progress(.transfer(path: name, received: done, total: file.size))
                }
            }
        } catch let error as StoreError where error.code == .corrupt {
            throw ProvisionError(.digestMismatch, "archive entry \"\(name)\": \(error.message)")
        }
        progress(.fileDone(path: name, bytes: file.size))
        guard let path else { return }
        paths[name] = path
        if file.blob { blobs.append((box.path(path), file.digest)) }
    }

    /// Where a file that is no blob lies.
    func path(of file: SidecarFile, in item: StoreItem) throws(ProvisionError) -> FilePath {
        guard let path = paths[ExportManifest.name(of: file.path, in: item)] else {
            throw ProvisionError(.digestMismatch, "\(file.path) of \(item) did not come")
        }
        return box.path(path)
    }
}

extension ExportManifest.Entry {
    /// How the archive is to have it.
    fileprivate var expected: ArchiveContents.Entry {
        let kind: ArchiveContents.Entry.Kind =
            switch content {
            case .file: .file(size: file?.size ?? 0)
            case .copy(let first): .link(to: first)
            case .link(let link): .symbolicLink(to: link.target)
            }
        return ArchiveContents.Entry(name: name, kind: kind)
    }
}
