import ArtifactTypes
import SystemPackage

extension ContentStore {
    /// Removes what nothing uses: blobs that no sidecar names, staged trees and partials whose job is dead, kept
    /// sources that were not used for a time, files of locks that nobody holds.
    ///
    /// Nothing of a running job goes. Its locks tell of its tree, partial and source. Its blobs are those that were
    /// stored or linked since the oldest living job made its tree: both change a blob's ctime.
    /// - Throws: `locked` where a publisher does not finish; `cancelled`; `io`, for what cannot be removed once all else
    ///   is.
    public func collectGarbage(_ policy: GarbagePolicy = GarbagePolicy()) async throws(StoreError) -> GarbageReport {
        let lock = try await acquire(.maintenance, mode: .exclusive)
        defer { lock.release() }
        return try await offPool { cancellation throws(StoreError) in
            var collection = GarbageCollection(store: self, policy: policy, cancellation: cancellation)
            try collection.run()
            if let failure = collection.failure { throw failure }
            return collection.report
        }
    }
}

/// One run of the collector, under the maintenance lock.
private struct GarbageCollection {
    let store: ContentStore
    let policy: GarbagePolicy
    let cancellation: Cancellation
    /// When this run began; nanoseconds of the clock that the file system stamps with.
    let start = FileSystem.now()
    var report = GarbageReport()
    /// Of the first item that could not be removed.
    var failure: StoreError?
    /// When the oldest living job made its tree, by the same clock.
    var oldestJob = Int64.max

    mutating func run() throws(StoreError) {
        try collectTrees()
        try collectPartials()
        try collectBlobs()
        try collectSources()
        try collectLocks()
    }

    private mutating func collectTrees() throws(StoreError) {
        for name in try FileSystem.names(in: store.stagedTrees) {
            let path = store.stagedTrees.appending(name)
            // The folder's name is the encoded job's, and so is the lock's.
            let lockFile = store.locks.appending("tree-\(name.string)")
            guard case .taken(let lock) = try FileLock.attempt(lockFile, mode: .exclusive) else {
                // The lock's file was written once, as the job began; its folder changes with every name in it.
                if let born = FileSystem.status(lockFile)?.changed { oldestJob = min(oldestJob, born) }
                continue
            }
            defer { lock.release() }
            try collect(.tree, path, name: name.string)
        }
    }

    private mutating func collectPartials() throws(StoreError) {
        for name in try FileSystem.names(in: store.partials) {
            let partial = name.stem
            var held: [FileLock] = []
            defer { for lock in held { lock.release() } }
            var names = ["partial-\(partial)"]
            if partial.hasPrefix("sha256-") { names.append("blob-\(partial)") }
            var free = true
            for name in names {
                switch try FileLock.attempt(store.locks.appending(name), mode: .exclusive) {
                case .taken(let lock): held.append(lock)
                case .held: free = false
                }
            }
            // A copy under way has no lock of its own, but whoever makes it has a tree.
            if free, !isYoungerThanAJob(store.partials.appending(name)) {
                try collect(.partial, store.partials.appending(name), name: name.string)
            }
        }
    }

    private mutating func collectBlobs() throws(StoreError) {
        var used: Set<Digest> = []
        var disregarded: Set<Digest> = []
        var usedByBroken: Set<Inode> = []
        for kind in ArtifactKind.allCases {
            let (whole, broken) = try store.sidecars(kind)
            for sidecar in whole {
                let digests = sidecar.files.lazy.filter(\.blob).map(\.digest)
                if policy.disregarded.contains(sidecar.item) {
                    disregarded.formUnion(digests)
                } else {
                    used.formUnion(digests)
                }
            }
            for tree in broken { usedByBroken.formUnion(try FileSystem.inodes(below: tree.path)) }
            report.broken += broken
        }
        let blobs = store.root.appending("blobs/sha256")
        for folder in try FileSystem.names(in: blobs) {
            for name in try FileSystem.names(in: blobs.appending(folder)) {
                let path = blobs.appending(folder).appending(name)
                if name.extension == "part", !isYoungerThanAJob(path) {
                    // Of a copy that was on its way here from another file system.
                    try collect(.partial, path, name: name.string)
                }
                guard let digest = Digest(.sha256, hex: name.string), !used.contains(digest),
                    let status = FileSystem.status(path), !usedByBroken.contains(status.inode),
                    !isYoungerThanAJob(path),
                    case .taken(let lock) = try store.tryLock(.blob(digest))
                else { continue }
                defer { lock.release() }
                // The trees that count as gone link to it still, which hides its size.
                let size = disregarded.contains(digest) ? status.size : nil
                try collect(.blob, path, name: digest.description, size: size)
            }
        }
    }

    private mutating func collectSources() throws(StoreError) {
        let unused = policy.olderThan ?? policy.sourcesUnusedFor
        for name in try FileSystem.names(in: store.sources) {
            let path = store.sources.appending(name)
            let lockFile = store.locks.appending("source-\(name.stem)")
            guard case .taken(let lock) = try FileLock.attempt(lockFile, mode: .exclusive) else { continue }
            defer { lock.release() }
            if isOlder(path, than: unused) { try collect(.source, path, name: name.string) }
        }
    }

    /// Taking a lock that nobody holds and letting it go removes its file.
    private mutating func collectLocks() throws(StoreError) {
        for name in try FileSystem.names(in: store.locks) where name.string != LockName.maintenance.fileName {
            guard case .taken(let lock) = try FileLock.attempt(store.locks.appending(name), mode: .exclusive) else {
                continue
            }
            lock.release()
        }
    }

    private mutating func collect(
        _ kind: GarbageReport.Kind, _ path: FilePath, name: String, size: Int64? = nil
    ) throws(StoreError) {
        try cancellation.check()
        if let age = policy.olderThan, kind != .source, !isOlder(path, than: age) { return }
        try store.ensureContained(path)
        do throws(StoreError) {
            let bytes = if let size { size } else { try FileSystem.exclusiveSize(path) }
            if !policy.dryRun { try FileSystem.removeTree(path) }
            report.items.append(.init(kind: kind, name: name, bytes: bytes))
        } catch {
            failure = failure ?? error
        }
    }

    private func isOlder(_ path: FilePath, than age: Duration) -> Bool {
        guard let changed = FileSystem.status(path)?.changed else { return false }
        return Duration.nanoseconds(start.subtractingReportingOverflow(changed).partialValue) > age
    }

    /// Whether a living job may have stored or linked it, one that began after this run did too.
    private func isYoungerThanAJob(_ path: FilePath) -> Bool {
        guard let changed = FileSystem.status(path)?.changed else { return false }
        return changed >= oldestJob || changed > start
    }
}
