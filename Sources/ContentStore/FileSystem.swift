import CSystemCalls
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system calls that the store stands on. Each throws a `StoreError` that names the path; none follows a link in
/// the last component unless it says so.
enum FileSystem {
    /// Makes one folder, private to its owner. One that is there already is fine.
    static func makeFolder(_ path: FilePath) throws(StoreError) {
        if path.withPlatformString({ mkdir($0, 0o700) }) != 0 {
            let failure = Errno(rawValue: errno)
            if failure == .fileExists, status(path, followLinks: true)?.type == .directory { return }
            throw StoreError(failure, "create", path)
        }
    }

    /// Makes a folder and what is missing above it. If `durable`, their names are too.
    static func makeFolders(_ path: FilePath, durable: Bool = false) throws(StoreError) {
        var missing: [FilePath] = []
        var next = path
        while status(next, followLinks: true)?.type != .directory, !next.components.isEmpty {
            missing.append(next)
            next.removeLastComponent()
        }
        for folder in missing.reversed() {
            try makeFolder(folder)
            if durable { try syncFolder(folder.removingLastComponent()) }
        }
    }

    /// Nil where nothing is there, or what is there cannot be looked at.
    static func status(_ path: FilePath, followLinks: Bool = false) -> Stat? {
        try? path.stat(followTargetSymlink: followLinks)
    }

    static func open(
        _ path: FilePath, _ access: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions? = nil, followLinks: Bool = false
    ) throws(StoreError) -> FileDescriptor {
        // Non-blocking: a fifo put where a file belongs would hold the opening for ever.
        var options = options.union([.closeOnExec, .nonBlocking])
        if !followLinks { options.insert(.noFollow) }
        do {
            return try FileDescriptor.open(path, access, options: options, permissions: permissions)
        } catch {
            throw StoreError(error as? Errno ?? .ioError, access == .readOnly ? "read" : "write", path)
        }
    }

    /// Runs `body` with an open file and closes it.
    static func withFile<T>(
        _ path: FilePath, _ access: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions? = nil, followLinks: Bool = false,
        _ body: (FileDescriptor) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        let file = try open(path, access, options: options, permissions: permissions, followLinks: followLinks)
        let result: T
        do throws(StoreError) {
            result = try body(file)
        } catch {
            close(file.rawValue)
            throw error
        }
        // A network file system reports at close what it could not write.
        if close(file.rawValue) != 0, access != .readOnly {
            throw StoreError(Errno(rawValue: errno), "write", path)
        }
        return result
    }

    /// Reads a whole regular file of at most `limit` bytes.
    static func read(_ path: FilePath, limit: Int) throws(StoreError) -> [UInt8] {
        try withFile(path, .readOnly) { file throws(StoreError) in
            let status = try status(of: file, path)
            guard status.type == .regular else { throw StoreError(.unsafe, "\(path.visible) is not a regular file") }
            guard status.size <= limit else {
                throw StoreError(.corrupt, "\(path.visible) is larger than \(limit) bytes")
            }
            var bytes: [UInt8] = []
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
            defer { buffer.deallocate() }
            while bytes.count <= limit {
                let count = try readChunk(file, into: buffer, path)
                if count == 0 { break }
                bytes += buffer[..<count]
            }
            return bytes
        }
    }

    /// Reads what there is, up to the buffer's size; 0 at the end.
    static func readChunk(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, _ path: FilePath
    ) throws(StoreError) -> Int {
        do {
            return try file.read(into: buffer)
        } catch {
            throw StoreError(error as? Errno ?? .ioError, "read", path)
        }
    }

    /// Reads an open file to its end.
    static func readPieces(
        _ file: FileDescriptor, _ path: FilePath, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try readChunk(file, into: buffer, path)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    static func write(
        _ bytes: UnsafeRawBufferPointer, to file: FileDescriptor, _ path: FilePath
    ) throws(StoreError) {
        do {
            try file.writeAll(bytes)
        } catch {
            throw StoreError(error as? Errno ?? .ioError, "write", path)
        }
    }

    static func symbolicLink(to target: String, at path: FilePath) throws(StoreError) {
        if path.withPlatformString({ symlink(target, $0) }) != 0 {
            throw StoreError(Errno(rawValue: errno), "link", path)
        }
    }

    /// Writes a new file, durable but for its name; an old one of that name is replaced in place.
    static func write(_ bytes: [UInt8], to path: FilePath, mode: FilePermissions) throws(StoreError) {
        try withFile(path, .writeOnly, options: [.create, .truncate], permissions: mode) { file throws(StoreError) in
            do {
                try file.writeAll(bytes)
            } catch {
                throw StoreError(error as? Errno ?? .ioError, "write", path, needed: Int64(bytes.count))
            }
            try sync(file, path)
        }
    }

    static func status(of file: FileDescriptor, _ path: FilePath) throws(StoreError) -> Stat {
        do {
            return try file.stat()
        } catch {
            throw StoreError(error, "read", path)
        }
    }

    /// fsync. A failure means that the data is lost: the kernel forgets it, so that a second call would succeed and
    /// mean nothing.
    static func sync(_ file: FileDescriptor, _ path: FilePath) throws(StoreError) {
        while fsync(file.rawValue) != 0 {
            if errno != EINTR { throw StoreError(Errno(rawValue: errno), "write", path) }
        }
    }

    /// Makes the names in a folder durable.
    static func syncFolder(_ path: FilePath) throws(StoreError) {
        try withFile(path, .readOnly, options: .directory, followLinks: true) { file throws(StoreError) in
            try sync(file, path)
        }
    }

    /// Above so many files one sync of the whole file system costs less than one of each: an fsync on ext4 is a
    /// journal commit.
    static let filesWorthSyncingAlone = 32

    /// Makes the content of files in or below a folder durable.
    static func syncFiles(_ files: [FilePath], in folder: FilePath) throws(StoreError) {
        if files.count > filesWorthSyncingAlone, try syncFileSystem(of: folder) { return }
        for path in files {
            try withFile(path, .readOnly) { file throws(StoreError) in try sync(file, path) }
        }
    }

    /// Makes the names in folders durable.
    static func syncFolders(_ folders: [FilePath]) throws(StoreError) {
        if folders.count > filesWorthSyncingAlone, try syncFileSystem(of: folders[0]) { return }
        for folder in folders { try syncFolder(folder) }
    }

    /// Makes all that was written to a folder's file system durable; false where the system cannot.
    static func syncFileSystem(of folder: FilePath) throws(StoreError) -> Bool {
        try withFile(folder, .readOnly, options: .directory, followLinks: true) { file throws(StoreError) in
            switch csystem_sync_file_system(file.rawValue) {
            case -ENOSYS: return false
            case let result where result < 0: throw StoreError(Errno(rawValue: -result), "write", folder)
            default: return true
            }
        }
    }

    static func setMode(_ file: FileDescriptor, _ mode: FilePermissions, _ path: FilePath) throws(StoreError) {
        if fchmod(file.rawValue, mode.rawValue) != 0 {
            throw StoreError(Errno(rawValue: errno), "change the mode of", path)
        }
    }

    static func move(_ from: FilePath, to target: FilePath) throws(StoreError) {
        let result = from.withPlatformString { from in target.withPlatformString { rename(from, $0) } }
        if result != 0 { throw StoreError(Errno(rawValue: errno), "rename \(from.visible) to", target) }
    }

    /// Swaps two names in one step, so that each is there at every moment; false where the file system cannot (NFS).
    static func exchange(_ first: FilePath, _ second: FilePath) throws(StoreError) -> Bool {
        let result = first.withPlatformString { first in second.withPlatformString { csystem_exchange(first, $0) } }
        if result == 0 { return true }
        switch Errno(rawValue: -result) {
        case .invalidArgument, .noFunction, .notSupported: return false
        case let failure: throw StoreError(failure, "replace", second)
        }
    }

    /// Makes a hard link; false where the file system or its rules want a copy instead.
    static func hardLink(_ source: FilePath, to target: FilePath) throws(StoreError) -> Bool {
        let result = source.withPlatformString { source in target.withPlatformString { link(source, $0) } }
        if result == 0 { return true }
        switch Errno(rawValue: errno) {
        // No hard links here, another file system, too many of them (ext4: 65,000), or a protected one.
        case .notPermitted, .notSupported, .improperLink, .tooManyLinks, .permissionDenied: return false
        case let failure: throw StoreError(failure, "link", target)
        }
    }

    /// Removes a file or link. One that is not there is fine.
    static func removeFile(_ path: FilePath) throws(StoreError) {
        if path.withPlatformString({ unlink($0) }) != 0, errno != ENOENT {
            throw StoreError(Errno(rawValue: errno), "remove", path)
        }
    }

    static func readLink(_ path: FilePath) throws(StoreError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let capacity = buffer.count
        let count = path.withPlatformString { readlink($0, &buffer, capacity) }
        guard count >= 0 else { throw StoreError(Errno(rawValue: errno), "read", path) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path with every link resolved.
    static func resolve(_ path: FilePath) throws(StoreError) -> FilePath {
        let resolved: FilePath? = path.withPlatformString { name in
            guard let pointer = realpath(name, nil) else { return nil }
            defer { free(pointer) }
            return FilePath(platformString: pointer)
        }
        guard let resolved else { throw StoreError(Errno(rawValue: errno), "find", path) }
        return resolved
    }

    /// The names in a folder, without `.` and `..`, in order. Empty where the folder is not there.
    static func names(in folder: FilePath) throws(StoreError) -> [FilePath.Component] {
        guard let stream = folder.withPlatformString({ opendir($0) }) else {
            if errno == ENOENT { return [] }
            throw StoreError(Errno(rawValue: errno), "list", folder)
        }
        defer { closedir(stream) }
        // Components, not texts: a name may be no UTF-8, and must still be found again to be removed.
        var names: [(text: String, name: FilePath.Component)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { FilePath.Component(platformString: $0) }
            }
            if let name, name.kind == .regular { names.append((name.string, name)) }
        }
        if errno != 0 { throw StoreError(Errno(rawValue: errno), "list", folder) }
        return names.sorted { $0.text < $1.text }.map(\.name)
    }

    /// Bytes that an unprivileged process may still write; 0 where that cannot be told.
    static func freeSpace(at path: FilePath) -> Int64 {
        var path = path
        var status = statvfs()
        while path.withPlatformString({ statvfs($0, &status) }) != 0 {
            // Of a file that could not be made, what counts is where it would have been.
            guard errno == ENOENT, path.removeLastComponent() else { return 0 }
        }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
