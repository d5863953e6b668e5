import ArtifactTypes
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs `body` holding an flock on a file beside the database.
func withOpeningLock<T>(
    beside path: FilePath, _ body: () throws(CatalogError) -> T
) throws(CatalogError) -> T {
    let name = path.string + "-lock"
    let file: FileDescriptor
    do {
        file = try FileDescriptor.open(
            name, .readWrite, options: [.create, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
    } catch {
        let code: CatalogError.Code = error as? Errno == .readOnlyFileSystem ? .readOnly : .io
        throw CatalogError(code, "cannot write \(name.visiblyEscaped): \(error)")
    }
    defer { close(file.rawValue) }
    while flock(file.rawValue, LOCK_EX) != 0 {
        if errno != EINTR { throw CatalogError(.io, "cannot lock \(name.visiblyEscaped): \(Errno(rawValue: errno))") }
    }
    return try body()
}

/// A file beside the database that says: damaged, begin anew. Whoever meets the damage leaves it; the next opening,
/// which alone may replace the file, heeds it.
enum DamageMark {
    private static func mark(_ path: FilePath) -> FilePath { FilePath(path.string + "-damaged") }

    static func exists(_ path: FilePath) -> Bool {
        (try? mark(path).stat(followTargetSymlink: false)) != nil
    }

    static func leave(_ path: FilePath) {
        // Where even this cannot be written, the next use meets the damage again.
        let file = try? FileDescriptor.open(
            mark(path), .writeOnly, options: [.create, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
        try? file?.close()
    }

    /// Renames the database and its log, so that they can be looked at. Returns the new name.
    static func moveAside(_ path: FilePath) throws(CatalogError) -> FilePath {
        let aside = FilePath("\(path.string).damaged-\(Timestamp.now.milliseconds)")
        for suffix in ["", "-wal", "-shm"] {
            if rename(path.string + suffix, aside.string + suffix) != 0, errno != ENOENT {
                let reason = Errno(rawValue: errno)
                throw CatalogError(.io, "cannot move the damaged \(path.string.visiblyEscaped) aside: \(reason)")
            }
        }
        unlink(mark(path).string)
        return aside
    }
}
