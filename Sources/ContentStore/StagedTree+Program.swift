public import ArtifactTypes
import SystemPackage

/// What of a tree is to be run.
extension StagedTree {
    /// The file of this tree that a path leads to, by links too; nil where it leads to none.
    public func file(at path: RelativePath) -> SidecarFile? {
        guard let root = try? FileSystem.resolve(root), var end = try? FileSystem.resolve(self.path(path)),
            end.removePrefix(root), let found = try? RelativePath(end.string)
        else { return nil }
        return files.first { $0.path == found }
    }

    /// Gives a file that was taken in, and is no blob, its execute bit, durably. One that has it stays as it is.
    ///
    /// - Throws: `unsafe` for anything else, `io`.
    public func makeExecutable(_ path: RelativePath) async throws(StoreError) {
        guard let file = files.first(where: { $0.path == path }) else {
            throw StoreError(.unsafe, "\(path) is not in the tree")
        }
        if file.executable { return }
        guard !file.blob else { throw StoreError(.unsafe, "\(path) is a blob, which others have too") }
        let target = self.path(path)
        try await offPool { _ throws(StoreError) in
            try FileSystem.withFile(target, .readOnly) { descriptor throws(StoreError) in
                try FileSystem.setMode(descriptor, .executable, target)
                try FileSystem.sync(descriptor, target)
            }
        }
        replace(SidecarFile(path: path, size: file.size, digest: file.digest, blob: false, executable: true))
    }
}
