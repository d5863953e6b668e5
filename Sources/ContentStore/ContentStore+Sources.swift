public import SystemPackage

extension ContentStore {
    /// Runs `body` with the folder of a kept source (a git mirror), holding its lock. The folder exists and may be
    /// empty. It outlives jobs until nobody has used it for a time.
    ///
    /// - Throws: as `withLock`, and whatever `body` throws.
    public func withSource<T: Sendable>(
        _ name: String, deadline: Duration = .seconds(300), onWait: @Sendable (LockHolder) -> Void = { _ in },
        isolation: isolated (any Actor)? = #isolation, _ body: (FilePath) async throws -> T
    ) async throws -> T {
        try await withLock(.source(name), deadline: deadline, onWait: onWait) {
            let folder = sourcePath(name)
            try FileSystem.makeFolder(folder)
            try FileSystem.touch(folder)
            return try await body(folder)
        }
    }

    func sourcePath(_ name: String) -> FilePath { sources.appending("\(Self.key(for: name)).git") }
    var sources: FilePath { root.appending("sources/git") }
}
