import ArtifactTypes
public import SystemPackage

/// Where artifacts lie: blobs named by their digest, trees of links to them, and what is on its way there.
///
/// ```
/// blobs/sha256/ab/abcdef…     content; 0444
/// models/<key>/               a published tree and its artifact.json; likewise workers/<key>/
/// sources/git/<key>.git       kept bare mirrors
/// staging/partials/           unfinished downloads: NAME.part and NAME.journal
/// staging/trees/<key>/        what a job builds up before it is published
/// staging/pending/            markers: items whose catalog row may disagree with the disk
/// locks/                      flock files
/// pins/                       a file for each item that no policy removes
/// current/<key>/              which of several items a name means, and the links to it outside the store
/// mirrors/                    a file for each mirror that failed of late
/// ```
/// A tree is published in this order, each step durable before the next: files, `artifact.json`, folders, marker,
/// rename, parent folder. After any crash the item is as it was or as it was to be, and a marker tells of it.
///
/// The store knows no entry type and no network. Nothing that it removes lies, links resolved, outside its root.
public final class ContentStore: Sendable {
    /// The store's folder, links resolved.
    public let root: FilePath

    /// Opens the store at `root`, making what is missing of its layout.
    ///
    /// - Throws: `StoreError.io` where the folder cannot be made or read (read-only file system, permission);
    ///   `insufficientSpace` where the disk is full.
    public init(root: FilePath) throws(StoreError) {
        do throws(StoreError) {
            try FileSystem.makeFolders(root, durable: true)
            self.root = try FileSystem.resolve(root)
            for folder in Self.layout {
                try FileSystem.makeFolders(self.root.appending(folder), durable: true)
            }
        } catch {
            throw StoreError(error.code, "\(error.message); choose another store with --home or RBEE_HOME")
        }
    }

    private static let layout =
        [
            "blobs/sha256", "sources/git", "staging/partials", "staging/trees", "staging/pending", "locks", "pins",
            "mirrors", "current",
        ]
        + ArtifactKind.allCases.map(\.plural)

    /// Where an item's published tree is, or would be.
    public func treePath(_ item: StoreItem) -> FilePath {
        folder(of: item.kind).appending(item.key)
    }

    func folder(of kind: ArtifactKind) -> FilePath { root.appending(kind.plural) }
    var partials: FilePath { root.appending("staging/partials") }
    var stagedTrees: FilePath { root.appending("staging/trees") }
    var pendingMarkers: FilePath { root.appending("staging/pending") }
    var locks: FilePath { root.appending("locks") }

    /// Bytes that can still be written here.
    public var freeSpace: Int64 { FileSystem.freeSpace(at: root) }

    /// - Throws: `unsafe` unless the folder that `path` lies in is, links resolved, under the root.
    func ensureContained(_ path: FilePath) throws(StoreError) {
        let parent = try FileSystem.resolve(path.removingLastComponent())
        guard parent.starts(with: root), path.lastComponent?.kind == .regular else {
            throw StoreError(.unsafe, "\(path.visible) does not lie in the store \(root.visible)")
        }
    }
}
