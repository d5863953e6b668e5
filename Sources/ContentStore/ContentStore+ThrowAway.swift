public import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension ContentStore {
    /// Lets `body` work with a store of its own below `parent`, which is removed afterwards. What a killed process has
    /// left of one, the next removes.
    ///
    /// - Parameter prefix: how the names of such stores begin, and no others.
    /// - Throws: `StoreError` where it cannot be made; what `body` throws.
    public static func withThrowAway<Value>(
        in parent: FilePath, prefix: String, _ body: (ContentStore) async throws -> Value
    ) async throws -> Value {
        sweep(parent, prefix)
        let folder = parent.appending("\(prefix)\(String(UInt64.random(in: .min ... .max), radix: 36))")
        // Taken before there is a folder, so that no other process takes it for one that was left.
        guard case .taken(let lock) = try FileLock.attempt(lockFile(of: folder), mode: .exclusive) else {
            throw StoreError(.locked(holder: "another process"), "\(folder.visible) is in use")
        }
        defer { lock.release() }
        defer { try? FileSystem.removeTree(folder) }
        return try await body(ContentStore(root: folder))
    }

    private static func lockFile(of folder: FilePath) -> FilePath {
        folder.removingLastComponent().appending("\(folder.lastComponent?.string ?? "").lock")
    }

    private static func sweep(_ parent: FilePath, _ prefix: String) {
        // A folder for temporary files may be one that nobody can list.
        for name in (try? FileSystem.names(in: parent)) ?? [] where name.string.hasPrefix(prefix) {
            let folder = parent.appending(name)
            guard let status = FileSystem.status(folder), status.type == .directory,
                status.userID.rawValue == geteuid(),
                case .taken(let lock) = try? FileLock.attempt(lockFile(of: folder), mode: .exclusive)
            else { continue }
            // One that cannot be removed is in nobody's way.
            try? FileSystem.removeTree(folder)
            lock.release()
        }
    }
}
