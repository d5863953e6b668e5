public import ArtifactTypes
import CSystemCalls
import Synchronization
public import SystemPackage

extension ContentStore {
    /// Where the blob of a digest is, or would be.
    public func blobPath(_ digest: Digest) -> FilePath {
        root.appending("blobs/\(digest.algorithm.rawValue)/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    /// Whether the blob is here, in its full size where that is known. Its content is not read.
    public func hasBlob(_ digest: Digest, size: Int64? = nil) -> Bool {
        guard let status = FileSystem.status(blobPath(digest)), status.type == .regular else { return false }
        return size == nil || status.size == size
    }

    /// The files of an unfinished download. Whoever writes to them holds `LockName.partial(name)`, or `.blob`.
    ///
    /// - Parameter name: what `partialName` gave; other text is encoded.
    public func partial(named name: String) -> (part: FilePath, journal: FilePath) {
        let key = Self.key(for: name)
        return (partials.appending("\(key).part"), partials.appending("\(key).journal"))
    }

    /// Removes a partial that is of no use any more, unless another process works with it just now, whose it then is.
    public func dropPartial(named name: String) async throws {
        do {
            try await withLock(.partial(name), deadline: .zero) { try removePartial(named: name) }
        } catch let error as StoreError {
            guard case .locked = error.code else { throw error }
        }
    }

    /// The caller holds the partial's lock.
    public func removePartial(named name: String) throws(StoreError) {
        let partial = partial(named: name)
        try FileSystem.removeFile(partial.part)
        try FileSystem.removeFile(partial.journal)
    }

    /// Makes a file that the caller has verified the blob of its digest, and drops the journal beside it.
    ///
    /// The file is moved; where the blob is here already, it is removed. The content is durable when this returns, the
    /// name with the first tree that is published with it: a thousand small files would cost a thousand syncs more.
    /// - Throws: `unsafe` unless it is a regular file of the store's file system, `io`, `insufficientSpace`.
    public func storeBlob(from part: FilePath, sha256 digest: Digest) async throws(StoreError) {
        try await offPool { _ throws(StoreError) in try self.keepPart(part, digest) }
    }

    /// Makes many verified files blobs, with few waits for the disk where they are many: for small files, each of which
    /// would wait for a journal commit of its own.
    ///
    /// A file that is gone because another process has made it the blob meanwhile is fine.
    /// - Throws: as the one for a single file; those that came first are blobs then.
    public func storeBlobs(_ parts: [(part: FilePath, sha256: Digest)]) async throws(StoreError) {
        try await offPool { cancellation throws(StoreError) in
            let together = try self.syncTogether(parts.map(\.part))
            for (part, digest) in parts {
                try cancellation.check()
                do throws(StoreError) {
                    try self.keepPart(part, digest, isDurable: together)
                } catch {
                    guard FileSystem.status(part) == nil, self.hasBlob(digest) else { throw error }
                }
            }
        }
    }

    /// Copies a file from elsewhere on this machine into the store, sharing its extents where the file system can.
    ///
    /// Nothing is linked: the other file may change. What was copied is what is hashed.
    /// - Parameters:
    ///   - expected: any algorithm; nil for whatever it turns out to be.
    ///   - progress: called with the bytes done so far after each chunk, on the copying thread.
    /// - Returns: the blob's SHA-256 and size.
    /// - Throws: `corrupt` where the content is not the expected, `unsafe` for what is no regular file, `cancelled`.
    @discardableResult
    public func adoptBlob(
        copyOf source: FilePath, expected: Digest? = nil, progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws(StoreError) -> (digest: Digest, size: Int64) {
        try await offPool { cancellation throws(StoreError) in
            let copy = self.temporaryFile("adopt")
            do throws(StoreError) {
                let copied = try Self.copy(source, to: copy, expected: expected, cancellation, progress: progress)
                try self.keepBlob(copy, copied.digest)
                return copied
            } catch {
                try? FileSystem.removeFile(copy)
                throw error
            }
        }
    }

    /// Moves a file that somebody else has written on the store's file system into the store, once it has been hashed.
    ///
    /// Nobody may have it open for writing any more.
    /// - Parameters:
    ///   - expected: any algorithm; nil for whatever it turns out to be.
    ///   - size: in bytes; nil for whatever it turns out to be.
    /// - Returns: the blob's SHA-256 and size.
    /// - Throws: `corrupt` where it is not the expected, `unsafe` for what is no regular file or has another name too.
    public func adoptBlob(
        moving file: FilePath, expected: Digest?, size: Int64?
    ) async throws(StoreError) -> (digest: Digest, size: Int64) {
        try await offPool { cancellation throws(StoreError) in
            let found = try FileSystem.withFile(file, .readOnly) { descriptor throws(StoreError) in
                let status = try FileSystem.status(of: descriptor, file)
                guard status.type == .regular, status.linkCount == 1 else {
                    throw StoreError(.unsafe, "\(file.visible) is no file of its own")
                }
                guard size == nil || status.size == size else {
                    throw StoreError(.corrupt, "\(file.visible) has \(status.size) bytes, not \(size ?? 0)")
                }
                let digest = try FileSystem.hash(descriptor, file, expected: expected, status.size, cancellation)
                return (digest: digest, size: status.size)
            }
            try self.keepBlob(file, found.digest)
            return found
        }
    }

    /// Whether a copy of that file would share its extents, and take no room.
    public func sharesExtents(with source: FilePath) -> Bool {
        let copy = temporaryFile("share")
        defer { try? FileSystem.removeFile(copy) }
        let result = try? FileSystem.withFile(source, .readOnly, followLinks: true) { input throws(StoreError) in
            try FileSystem.withFile(
                copy, .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite]
            ) { output throws(StoreError) in csystem_clone(input.rawValue, output.rawValue) }
        }
        return result == 0
    }

    /// Whether the blob is here and its content has its digest. Reads all of it.
    public func isIntact(_ digest: Digest) async throws(StoreError) -> Bool {
        guard hasBlob(digest) else { return false }
        let path = blobPath(digest)
        return try await offPool { cancellation throws(StoreError) in
            try FileSystem.withFile(path, .readOnly) { file throws(StoreError) in
                try FileSystem.hash(file, path, cancellation: cancellation).digest == digest
            }
        }
    }

    /// Takes a blob away whose content is not what its name says, so that it can be fetched anew. The trees that link
    /// to it keep theirs until `restore`.
    public func discardBlob(_ digest: Digest) throws(StoreError) {
        let path = blobPath(digest)
        try FileSystem.removeFile(path)
        if FileSystem.status(path.removingLastComponent()) != nil {
            try FileSystem.syncFolder(path.removingLastComponent())
        }
    }

    /// False where each is to be synced alone: because they are few, or the system knows no other way.
    private func syncTogether(_ parts: [FilePath]) throws(StoreError) -> Bool {
        guard parts.count > FileSystem.filesWorthSyncingAlone else { return false }
        do throws(StoreError) {
            return try FileSystem.syncFileSystem(of: partials)
        } catch {
            // Any of them may be what the disk could not take.
            for part in parts { try? FileSystem.removeFile(part) }
            throw error
        }
    }

    private func keepPart(_ part: FilePath, _ digest: Digest, isDurable: Bool = false) throws(StoreError) {
        guard digest.algorithm == .sha256 else {
            throw StoreError(.unsafe, "\(digest) is no sha256: blobs are named by nothing else")
        }
        try keepBlob(part, digest, isDurable: isDurable)
        guard part.extension == "part" else { return }
        var journal = part
        journal.extension = "journal"
        try FileSystem.removeFile(journal)
    }

    /// Gives a verified file of the store's file system its name as a blob.
    func keepBlob(_ file: FilePath, _ digest: Digest, isDurable: Bool = false) throws(StoreError) {
        let blob = blobPath(digest)
        try FileSystem.withFile(file, .readOnly) { descriptor throws(StoreError) in
            let status = try FileSystem.status(of: descriptor, file)
            guard status.type == .regular else { throw StoreError(.unsafe, "\(file.visible) is not a regular file") }
            if hasBlob(digest, size: status.size) { return try FileSystem.removeFile(file) }
            if !isDurable {
                do throws(StoreError) {
                    try FileSystem.sync(descriptor, file)
                } catch {
                    // What the disk could not take the kernel still shows for a while: nothing may go on from it.
                    try? FileSystem.removeFile(file)
                    throw error
                }
            }
            try FileSystem.makeFolders(blob.removingLastComponent())
            try bring(file, to: blob, digest)
            // Not before: a crash in between would leave a partial that nobody can write to.
            try FileSystem.setMode(descriptor, .blob, blob)
        }
    }

    /// Moves a file to its blob's name; where partials lie on another file system, by way of a copy beside the blob.
    private func bring(_ file: FilePath, to blob: FilePath, _ digest: Digest) throws(StoreError) {
        do throws(StoreError) {
            try FileSystem.move(file, to: blob)
        } catch  where error.code == .io(errno: Errno.improperLink.rawValue) {
            let copy = blob.removingLastComponent().appending("\(UInt64.random(in: 0...UInt64.max)).part")
            do throws(StoreError) {
                _ = try Self.copy(file, to: copy, expected: digest, Cancellation())
                try FileSystem.withFile(copy, .readOnly) { descriptor throws(StoreError) in
                    try FileSystem.sync(descriptor, copy)
                    try FileSystem.setMode(descriptor, .blob, copy)
                }
                try FileSystem.move(copy, to: blob)
            } catch {
                try? FileSystem.removeFile(copy)
                throw error
            }
            try FileSystem.removeFile(file)
        }
    }

    /// Makes the names of blobs durable.
    func syncNames(ofBlobs digests: some Sequence<Digest>) throws(StoreError) {
        let folders = Set(digests.map { blobPath($0).removingLastComponent() })
        try FileSystem.syncFolders(Array(folders.union(folders.map { $0.removingLastComponent() })))
    }

    /// A name in staging that no other task or process has. Garbage, should this process die.
    func temporaryFile(_ purpose: String) -> FilePath {
        partials.appending("\(purpose)-\(UInt64.random(in: 0...UInt64.max)).part")
    }

    static func copy(
        _ source: FilePath, to target: FilePath, expected: Digest?, _ cancellation: Cancellation,
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        // Other caches keep links to their blobs, so links are followed here.
        try FileSystem.withFile(source, .readOnly, followLinks: true) { input throws(StoreError) in
            let status = try FileSystem.status(of: input, source)
            guard status.type == .regular else { throw StoreError(.unsafe, "\(source.visible) is not a regular file") }
            var hasher = ContentHasher(also: expected?.algorithm, size: status.size)
            let size = try FileSystem.withFile(
                target, .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite]
            ) { output throws(StoreError) in
                try FileSystem.copy(
                    from: input, source, to: output, target, hasher: &hasher, cancellation: cancellation,
                    progress: progress)
            }
            let (sha256, digests) = hasher.finish()
            guard let sha256, expected.map(digests.contains) ?? true else {
                throw StoreError(
                    .corrupt, "\(source.visible) is not what was promised: \(expected.map(String.init) ?? "")")
            }
            return (sha256, size)
        }
    }
}

extension FilePermissions {
    /// 0444: content never changes under its name.
    static let blob = FilePermissions(rawValue: 0o444)
    /// 0555.
    static let executable = FilePermissions(rawValue: 0o555)
}
