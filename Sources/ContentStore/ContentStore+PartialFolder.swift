public import SystemPackage

/// Folders that somebody else fills, and that outlive a job that is cut off as partials do.
extension ContentStore {
    /// Where the folder of a partial is, or would be.
    public func partialFolder(named name: String) -> FilePath {
        partials.appending("\(Self.key(for: name)).files")
    }

    /// A folder among the partials, held by this job until it is left or discarded.
    ///
    /// - Parameter keeps: whether what an earlier job left in it stays; else it is empty.
    /// - Returns: the folder, and whether anything is in it.
    /// - Throws: `locked` where another job fills it; `io`.
    public func partialTree(
        named name: String, keeps: Bool
    ) async throws(StoreError) -> (tree: StagedTree, isResumed: Bool) {
        // A garbage collector looks whether the lock is free, and has it for that moment.
        let lock = try await acquire(.partial(name), mode: .exclusive, deadline: .milliseconds(250), beats: false)
        let root = partialFolder(named: name)
        let isResumed = try await offPool { _ throws(StoreError) in
            if !keeps { try FileSystem.removeTree(root) }
            try FileSystem.makeFolder(root)
            // Whoever filled it may have shut it.
            try FileSystem.openFolders(root)
            return try !FileSystem.names(in: root).isEmpty
        }
        return (StagedTree(job: name, root: root, store: self, lock: lock), isResumed)
    }
}

extension StagedTree {
    /// Lets it go as it is: for the next job, or the garbage collector.
    public func leave() {
        lock.release()
    }
}
