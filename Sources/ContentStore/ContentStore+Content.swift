public import ArtifactTypes
public import SystemPackage

/// Content that goes in and out piece by piece, on the caller's thread, and is hashed on the way.
extension ContentStore {
    /// The SHA-256 of bytes in memory.
    public static func digest(of bytes: [UInt8]) throws(StoreError) -> Digest {
        var hasher = ContentHasher(size: Int64(bytes.count))
        bytes.withUnsafeBytes { hasher.update($0) }
        guard let digest = hasher.finish().sha256 else { throw StoreError(.corrupt, "cannot hash") }
        return digest
    }

    /// Hands out the content of a published file.
    ///
    /// - Throws: `corrupt`, after all of it was handed out, where it is not what the sidecar says; `io`; whatever `body`
    ///   throws.
    public func read(
        _ file: SidecarFile, of item: StoreItem, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let path = treePath(item).appending(file.path.string)
        let descriptor = try FileSystem.open(path, .readOnly)
        defer { try? descriptor.close() }
        var content = HashedContent(file.digest, size: file.size, name: path.visible)
        try FileSystem.readPieces(descriptor, path) { bytes in
            try content.take(bytes)
            try body(bytes)
        }
        try content.finish()
    }
}

extension StagedTree {
    /// Writes content that `source` hands over into a file of this tree. It is made durable by whoever makes it a blob or
    /// takes it into another tree.
    ///
    /// - Parameters:
    ///   - name: for messages.
    ///   - path: nil where the content is to be checked alone.
    /// - Throws: `corrupt` where it has not that size and digest; `io`; `insufficientSpace`; whatever `source` throws.
    public func receive(
        _ digest: Digest, size: Int64, named name: String, at path: RelativePath?,
        from source: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        var content = HashedContent(digest, size: size, name: name)
        guard let path else {
            try source { try content.take($0) }
            return try content.finish()
        }
        let target = self.path(path)
        let file = try FileSystem.open(
            target, .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
        defer { try? file.close() }
        try source { bytes in
            try content.take(bytes)
            try FileSystem.write(bytes, to: file, target)
        }
        try content.finish()
    }

    /// Moves files that `receive` verified into this tree, durably, and takes each in as what is said of it, no blob.
    public func take(_ received: [(path: FilePath, file: SidecarFile)]) async throws(StoreError) {
        for (_, file) in received { try record(file) }
        try await offPool { cancellation throws(StoreError) in
            var folders: Set<FilePath> = []
            for (path, file) in received {
                try cancellation.check()
                let target = self.path(file.path)
                let folder = target.removingLastComponent()
                if folders.insert(folder).inserted { try FileSystem.makeFolders(folder) }
                try FileSystem.withFile(path, .readOnly) { descriptor throws(StoreError) in
                    try FileSystem.setMode(descriptor, file.executable ? .executable : .blob, path)
                }
                try FileSystem.move(path, to: target)
            }
            try FileSystem.syncFiles(received.map { self.path($0.file.path) }, in: self.root)
        }
    }

    /// Makes a symbolic link, for `scan` to check and take in.
    public func addLink(_ link: SidecarLink) throws(StoreError) {
        let path = self.path(link.path)
        try FileSystem.makeFolders(path.removingLastComponent())
        try FileSystem.symbolicLink(to: link.target, at: path)
    }
}

/// Content that must turn out to be what was said of it.
private struct HashedContent {
    let digest: Digest
    let size: Int64
    /// For messages.
    let name: String
    private var hasher: ContentHasher
    private var done: Int64 = 0

    init(_ digest: Digest, size: Int64, name: String) {
        self.digest = digest
        self.size = size
        self.name = name
        hasher = ContentHasher(size: size)
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        done += Int64(bytes.count)
        guard done <= size else { throw StoreError(.corrupt, "\(name) is longer than \(size) bytes") }
        hasher.update(bytes)
    }

    mutating func finish() throws(StoreError) {
        guard done == size else { throw StoreError(.corrupt, "\(name) has \(done) bytes, not \(size)") }
        guard hasher.finish().sha256 == digest else { throw StoreError(.corrupt, "\(name) is not \(digest)") }
    }
}
