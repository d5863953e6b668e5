public import ArtifactTypes
import Synchronization
public import SystemPackage

/// A folder that one job fills and then publishes. While this object lives, nobody collects it as garbage.
///
/// Content comes in two ways: `link` puts a blob under its real name; whatever else was written below `root` is taken
/// in by `scan`. Only what came in either way may be in the tree when it is published.
public final class StagedTree: Sendable {
    public let job: String
    public let root: FilePath
    private let store: ContentStore
    let lock: FileLock
    private let contents = Mutex(Contents())

    struct Contents: Sendable {
        var names = PathSet()
        var files: [RelativePath: SidecarFile] = [:]
        var links: [RelativePath: SidecarLink] = [:]
        /// Of files that are yet to be taken in.
        var digests: [RelativePath: Digest] = [:]
    }

    init(job: String, root: FilePath, store: ContentStore, lock: FileLock) {
        self.job = job
        self.root = root
        self.store = store
        self.lock = lock
    }

    /// The files so far, in the order of their paths.
    public var files: [SidecarFile] { contents.withLock { $0.files.values.sorted { $0.path < $1.path } } }
    public var links: [SidecarLink] { contents.withLock { $0.links.values.sorted { $0.path < $1.path } } }

    public func path(_ relative: RelativePath) -> FilePath { root.appending(relative.string) }

    /// Puts a blob into the tree: as a hard link, else sharing extents, else as a copy.
    ///
    /// - Parameter executable: the file is to be run (0555), so it is never the blob itself.
    /// - Throws: `unsafe` where another path collides with it (case and Unicode forms folded) or it is
    ///   `artifact.json`; `corrupt` where there is no such blob; `io`; `insufficientSpace`.
    @discardableResult
    public func link(
        blob digest: Digest, at path: RelativePath, executable: Bool = false
    ) async throws(StoreError) -> SidecarFile {
        guard let size = store.blobSize(digest) else {
            throw StoreError(.corrupt, "\(path): its blob \(digest) is not in the store")
        }
        let file = SidecarFile(path: path, size: size, digest: digest, blob: true, executable: executable)
        try record(file)
        do throws(StoreError) {
            let target = self.path(path)
            let store = store
            try await offPool { _ throws(StoreError) in
                try FileSystem.makeFolders(target.removingLastComponent())
                try store.place(digest, at: target, executable: executable)
            }
        } catch {
            contents.withLock { contents in
                contents.files[path] = nil
                contents.names.remove(path)
            }
            if case .io(Errno.fileExists.rawValue) = error.code {
                throw StoreError(.unsafe, "\(path) comes twice: as a file and in an archive")
            }
            throw error
        }
        return file
    }

    /// Takes back everything: the tree is removed and its lock let go.
    public func discard() async throws(StoreError) {
        let root = root
        try await offPool { _ throws(StoreError) in try FileSystem.removeTree(root) }
        lock.release()
    }

    /// Tells what a file that was written below `root` was hashed to while it was written: `scan` believes it.
    public func note(_ digest: Digest, of path: RelativePath) {
        contents.withLock { $0.digests[path] = digest }
    }

    func notedDigest(of path: RelativePath) -> Digest? {
        contents.withLock { $0.digests[path] }
    }

    func record(_ file: SidecarFile) throws(StoreError) {
        let objection = contents.withLock { contents in
            if let objection = contents.names.insert(file.path) { return objection as String? }
            contents.files[file.path] = file
            return nil
        }
        if let objection { throw StoreError(.unsafe, objection) }
    }

    /// Says something else of a file that is recorded.
    func replace(_ file: SidecarFile) {
        contents.withLock { $0.files[file.path] = file }
    }

    func record(_ link: SidecarLink) throws(StoreError) {
        let objection = contents.withLock { contents in
            if let objection = contents.names.insert(link.path) { return objection as String? }
            contents.links[link.path] = link
            return nil
        }
        if let objection { throw StoreError(.unsafe, objection) }
    }

    func isRecorded(_ path: RelativePath) -> Bool {
        contents.withLock { $0.files[path] != nil || $0.links[path] != nil }
    }
}

extension ContentStore {
    /// Makes the empty tree of a job; what a dead job of that name left is removed.
    ///
    /// - Throws: `locked` where a job of that name is alive.
    public func makeTree(job: String) async throws(StoreError) -> StagedTree {
        let lock: FileLock
        do throws(StoreError) {
            // A garbage collector looks whether the lock is free, and has it for that moment.
            // Its file is written once: the collector goes by when that was.
            lock = try await acquire(.tree(job: job), mode: .exclusive, deadline: .milliseconds(250), beats: false)
        } catch {
            guard case .locked(let holder) = error.code else { throw error }
            throw StoreError(error.code, "job \(job.visiblyEscaped) is running already, in \(holder)")
        }
        let root = stagedTrees.appending(Self.key(for: job))
        try await offPool { _ throws(StoreError) in
            try FileSystem.removeTree(root)
            try FileSystem.makeFolder(root)
        }
        return StagedTree(job: job, root: root, store: self, lock: lock)
    }

    /// Runs `body` with a staged tree, which is gone afterwards unless `body` published it.
    public func withTree<T: Sendable>(
        job: String, isolation: isolated (any Actor)? = #isolation, _ body: (StagedTree) async throws -> T
    ) async throws -> T {
        let tree = try await makeTree(job: job)
        do {
            let result = try await body(tree)
            try await tree.discard()
            return result
        } catch {
            // The first error is the one to tell; garbage collection takes what could not be removed.
            try? await tree.discard()
            throw error
        }
    }

    func blobSize(_ digest: Digest) -> Int64? {
        guard let status = FileSystem.status(blobPath(digest)), status.type == .regular else { return nil }
        return status.size
    }

    /// Puts a blob's content under a name that is free. A copy is durable when this returns, a link with its folder.
    func place(_ digest: Digest, at target: FilePath, executable: Bool) throws(StoreError) {
        let blob = blobPath(digest)
        if !executable, try FileSystem.hardLink(blob, to: target) { return }
        try FileSystem.withFile(blob, .readOnly) { input throws(StoreError) in
            try FileSystem.withFile(
                target, .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite]
            ) { output throws(StoreError) in
                var hasher = ContentHasher(size: 0)
                _ = try FileSystem.copy(from: input, blob, to: output, target, hasher: &hasher, cancellation: nil)
                guard hasher.finish().sha256 == digest else {
                    throw StoreError(.corrupt, "\(blob.visible) is not what its name says")
                }
                try FileSystem.setMode(output, executable ? .executable : .blob, target)
                try FileSystem.sync(output, target)
            }
        }
    }
}
