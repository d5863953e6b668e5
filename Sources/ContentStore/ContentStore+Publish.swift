public import ArtifactTypes
import FoundationEssentials
import SystemPackage

extension ContentStore {
    /// Gives a tree its final name, durably, replacing what has it.
    ///
    /// Order: folders and `artifact.json`, the pending marker, the rename (an exchange where something stands there),
    /// the parent folder. The caller then commits its catalog row and calls `settle`. Once the marker is written a
    /// cancellation is no longer heard.
    /// - Returns: what was written as `artifact.json`.
    /// - Throws: `unsafe` where the tree holds what neither `link` nor `scan` took in; `cancelled`; `io`;
    ///   `insufficientSpace`. Then the item is as it was.
    @discardableResult
    public func publish(
        _ tree: StagedTree, as item: StoreItem, entry: JSONValue, resolution: JSONValue
    ) async throws(StoreError) -> Sidecar {
        let sidecar = Sidecar(
            item: item, files: tree.files, links: tree.links, entry: entry, resolution: resolution)
        let json = try Self.encode(sidecar)
        // Shared: publishers do not wait for each other, only for the garbage collector.
        let lock = try await acquire(.maintenance, mode: .shared)
        defer { lock.release() }
        try await offPool { cancellation throws(StoreError) in
            try self.ensureBlobs(of: tree, cancellation)
            try cancellation.check()
            let found = try tree.walk()
            if let path = (found.files + found.links).first {
                throw StoreError(.unsafe, "\(path) is in the tree and was not taken in")
            }
            try FileSystem.write(json, to: tree.root.appending(Sidecar.fileName), mode: .blob)
            // The root last, so that each name is durable before its folder's.
            try FileSystem.syncFolders(found.folders.map { tree.path($0) }.reversed() + [tree.root])
            try cancellation.check()
            try self.mark(item)
            try self.giveName(tree.root, item)
        }
        return sidecar
    }

    /// Says that the catalog agrees with the disk again: after the row of a published item was committed, or that of a
    /// removed one deleted.
    public func settle(_ item: StoreItem) throws(StoreError) {
        try FileSystem.removeFile(marker(of: item))
    }

    /// Settles what a crash left between the disk and the catalog; costs as much as there is of that.
    ///
    /// - Parameter adopt: is told of each such item with its sidecar, and commits the row; nil: there is no tree, and
    ///   a row of it has to go. Items whose lock a living job holds are that job's own.
    public func adoptPending(
        _ adopt: (StoreItem, Sidecar?) throws -> Void
    ) throws {
        for name in try FileSystem.names(in: pendingMarkers) {
            let path = pendingMarkers.appending(name)
            guard let bytes = try? FileSystem.read(path, limit: 64 << 10),
                let item = try? JSONDecoder().decode(StoreItem.self, from: Data(bytes)), marker(of: item) == path
            else {
                // Cut short by a crash while it was written, so nothing had moved yet.
                try FileSystem.removeFile(path)
                continue
            }
            guard case .taken(let lock) = try tryLock(.item(item)) else { continue }
            defer { lock.release() }
            try adopt(item, sidecar(item))
            try settle(item)
        }
    }

    /// Removes an item's tree: first its name, durably, then its files. Absent is fine. The blobs stay until garbage
    /// is collected.
    ///
    /// A marker stands until `settle`, so that after a crash the row goes too.
    /// - Throws: `unsafe` where the tree does not lie, links resolved, in the store.
    public func remove(_ item: StoreItem) async throws(StoreError) {
        let path = treePath(item)
        try ensureContained(path)
        guard FileSystem.status(path) != nil else { return }
        let lock = try await acquire(.maintenance, mode: .shared)
        defer { lock.release() }
        try await offPool { _ throws(StoreError) in
            try self.mark(item)
            let old = self.grave()
            try FileSystem.move(path, to: old)
            try FileSystem.syncFolder(self.folder(of: item.kind))
            try FileSystem.removeTree(old)
        }
    }

    private func mark(_ item: StoreItem) throws(StoreError) {
        try FileSystem.write(Self.encode(item), to: marker(of: item), mode: [.ownerReadWrite])
        try FileSystem.syncFolder(pendingMarkers)
    }

    private func giveName(_ tree: FilePath, _ item: StoreItem) throws(StoreError) {
        let target = treePath(item)
        try ensureContained(target)
        let folder = folder(of: item.kind)
        if FileSystem.status(target) == nil {
            try FileSystem.move(tree, to: target)
            return try FileSystem.syncFolder(folder)
        }
        if try FileSystem.exchange(tree, target) {
            try FileSystem.syncFolder(folder)
            return try FileSystem.removeTree(tree)
        }
        // Between these two the item is not there; the marker tells of that too.
        let old = grave()
        try FileSystem.move(target, to: old)
        try FileSystem.move(tree, to: target)
        try FileSystem.syncFolder(folder)
        try FileSystem.removeTree(old)
    }

    /// A name in staging for a tree that is to be removed. Garbage, should this process die before that.
    private func grave() -> FilePath {
        stagedTrees.appending("removed-\(UInt64.random(in: 0...UInt64.max))")
    }

    /// Makes sure of the tree's blobs, and their names durable.
    ///
    /// A collector that ran while the tree was filled may have taken a blob that nothing but the tree used.
    private func ensureBlobs(of tree: StagedTree, _ cancellation: Cancellation) throws(StoreError) {
        for file in tree.files where file.blob && !hasBlob(file.digest, size: file.size) {
            let blob = blobPath(file.digest)
            let path = tree.path(file.path)
            try FileSystem.makeFolders(blob.removingLastComponent())
            // One of another size is a damaged one.
            try FileSystem.removeFile(blob)
            if !file.executable, try FileSystem.hardLink(path, to: blob) { continue }
            let copy = temporaryFile("blob")
            _ = try Self.copy(path, to: copy, expected: file.digest, cancellation)
            try keepBlob(copy, file.digest)
        }
        try syncNames(ofBlobs: tree.files.lazy.filter(\.blob).map(\.digest))
    }

    private func marker(of item: StoreItem) -> FilePath {
        pendingMarkers.appending("\(item.kind.rawValue)-\(item.key)")
    }

    static func encode(_ value: some Encodable) throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw StoreError(.corrupt, "cannot write as JSON: \(error)")
        }
    }
}
