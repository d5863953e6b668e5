public import SystemPackage

extension StagedTree {
    /// Moves what is in `folder`, which lies on the same file system, below `root`. Folders of one name become one;
    /// nothing is ever replaced.
    ///
    /// - Throws: `unsafe`, naming the first path that is there already; `io`, `cancelled`.
    public func moveIn(_ folder: FilePath) async throws(StoreError) {
        let root = root
        try await offPool { cancellation throws(StoreError) in
            try Self.merge(folder, into: root, cancellation)
        }
    }

    private static func merge(
        _ folder: FilePath, into target: FilePath, _ cancellation: Cancellation
    ) throws(StoreError) {
        for name in try FileSystem.names(in: folder) {
            try cancellation.check()
            let source = folder.appending(name)
            let place = target.appending(name)
            guard FileSystem.status(source)?.type == .directory else {
                try move(source, to: place)
                continue
            }
            try notTaken(place) { () throws(StoreError) in try FileSystem.makeFolder(place) }
            // Another archive may have put a link there, which would lead the rest elsewhere.
            guard FileSystem.status(place)?.type == .directory else { throw taken(place) }
            try merge(source, into: place, cancellation)
        }
    }

    /// A link first and then the removal of the old name: a rename would replace what another file put there meanwhile.
    private static func move(_ source: FilePath, to place: FilePath) throws(StoreError) {
        let isLinked = try notTaken(place) { () throws(StoreError) in try FileSystem.hardLink(source, to: place) }
        if isLinked { return try FileSystem.removeFile(source) }
        guard FileSystem.status(place) == nil else { throw taken(place) }
        try FileSystem.move(source, to: place)
    }

    private static func notTaken<Value>(
        _ place: FilePath, _ body: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            if case .io(Errno.fileExists.rawValue) = error.code { throw taken(place) }
            throw error
        }
    }

    private static func taken(_ place: FilePath) -> StoreError {
        StoreError(.unsafe, "\(place.visible) comes twice: as a file or in two archives")
    }
}
