public import ArtifactTypes
import Dispatch
import Synchronization
import SystemPackage

/// How a published tree differs from its sidecar.
public struct Verification: Sendable, Hashable {
    /// Named by the sidecar and not there.
    public var missing: [RelativePath] = []
    /// There, with another content, size or file type.
    public var corrupt: [RelativePath] = []
    /// There, and not in the sidecar; names as a terminal may show them.
    public var extra: [String] = []

    public init(missing: [RelativePath] = [], corrupt: [RelativePath] = [], extra: [String] = []) {
        self.missing = missing
        self.corrupt = corrupt
        self.extra = extra
    }

    /// True unless something is missing or corrupt. What is extra does no harm.
    public var isSound: Bool { missing.isEmpty && corrupt.isEmpty }
}

extension ContentStore {
    /// Hashes the files of a published tree anew, several at a time, and compares them with the sidecar.
    ///
    /// - Parameter progress: told how many bytes have been read and how many there are, from any thread, in order.
    /// - Throws: `io` with ENOENT where the item is not in the store, `corrupt` where its sidecar cannot be read,
    ///   `cancelled`. A file that cannot be read (EIO) counts as corrupt.
    public func verify(
        _ item: StoreItem, progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(StoreError) -> Verification {
        guard let sidecar = try sidecar(item) else {
            throw StoreError(.noSuchFileOrDirectory, "verify", treePath(item))
        }
        let tree = treePath(item)
        let total = sidecar.size
        let done = Mutex<Int64>(0)
        let states = try await offPool { cancellation throws(StoreError) in
            let states = Mutex([RelativePath: FileState]())
            DispatchQueue.concurrentPerform(iterations: sidecar.files.count) { index in
                let file = sidecar.files[index]
                let state = Self.state(of: file, in: tree, cancellation) { count in
                    done.withLock {
                        $0 += Int64(count)
                        progress($0, total)
                    }
                }
                states.withLock { $0[file.path] = state }
            }
            try cancellation.check()
            return states.withLock { $0 }
        }
        var result = Verification(
            missing: sidecar.files.map(\.path).filter { states[$0] == .missing },
            corrupt: sidecar.files.map(\.path).filter { states[$0] == .corrupt })
        try compareNames(sidecar, tree, &result)
        return result
    }

    /// Puts the blob in the place of every file, in every tree, that should have its content; each is replaced in one
    /// step. The caller has made sure of the blob first (`isIntact`, or fetched and `storeBlob`).
    ///
    /// - Returns: the items whose trees were looked after.
    @discardableResult
    public func restore(_ digest: Digest) async throws(StoreError) -> [StoreItem] {
        guard hasBlob(digest) else { throw StoreError(.corrupt, "blob \(digest) is not in the store") }
        return try await offPool { _ throws(StoreError) in
            try self.syncNames(ofBlobs: [digest])
            var items: [StoreItem] = []
            for kind in ArtifactKind.allCases {
                for sidecar in try self.sidecars(kind).whole {
                    let uses = sidecar.files.filter { $0.blob && $0.digest == digest }
                    for file in uses { try self.replace(file, in: self.treePath(sidecar.item)) }
                    if !uses.isEmpty { items.append(sidecar.item) }
                }
            }
            return items
        }
    }

    private enum FileState: Sendable {
        case whole
        case missing
        case corrupt
    }

    private static func state(
        of file: SidecarFile, in tree: FilePath, _ cancellation: Cancellation, onBytes: (Int) -> Void
    ) -> FileState {
        let path = tree.appending(file.path.string)
        guard let status = FileSystem.status(path) else { return .missing }
        // A wrong size needs no reading.
        guard status.type == .regular, status.size == file.size else { return .corrupt }
        do throws(StoreError) {
            return try FileSystem.withFile(path, .readOnly) { descriptor throws(StoreError) in
                let found = try FileSystem.hash(descriptor, path, cancellation: cancellation, onBytes: onBytes)
                return found.digest == file.digest ? .whole : .corrupt
            }
        } catch {
            return .corrupt
        }
    }

    private func compareNames(
        _ sidecar: Sidecar, _ tree: FilePath, _ result: inout Verification
    ) throws(StoreError) {
        for link in sidecar.links {
            let path = tree.appending(link.path.string)
            switch FileSystem.status(path)?.type {
            case nil: result.missing.append(link.path)
            case .symbolicLink where try FileSystem.readLink(path) == link.target: break
            default: result.corrupt.append(link.path)
            }
        }
        let known = Set(sidecar.files.map(\.path.string) + sidecar.links.map(\.path.string) + [Sidecar.fileName])
        var queue = [""]
        while let folder = queue.popLast() {
            for name in try FileSystem.names(in: tree.appending(folder)) {
                let relative = folder.isEmpty ? name.string : "\(folder)/\(name.string)"
                if FileSystem.status(tree.appending(folder).appending(name))?.type == .directory {
                    queue.append(relative)
                } else if !known.contains(relative) {
                    result.extra.append(relative.visiblyEscaped)
                }
            }
        }
        result.extra.sort()
    }

    private func replace(_ file: SidecarFile, in tree: FilePath) throws(StoreError) {
        let path = tree.appending(file.path.string)
        let blob = blobPath(file.digest)
        // A link to the blob already: the blob was made good in place, or was never bad.
        if let mine = FileSystem.status(path), let other = FileSystem.status(blob), mine.inode == other.inode { return }
        let folder = path.removingLastComponent()
        try FileSystem.makeFolders(folder, durable: true)
        try ensureContained(path)
        let fresh = temporaryFile("restore")
        try place(file.digest, at: fresh, executable: file.executable)
        // A folder or link that took the file's name is in the way of the rename.
        if let status = FileSystem.status(path), status.type == .directory { try FileSystem.removeTree(path) }
        try FileSystem.move(fresh, to: path)
        try FileSystem.syncFolder(folder)
    }
}
