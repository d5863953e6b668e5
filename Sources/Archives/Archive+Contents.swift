import CSystemCalls
public import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Archives of our own making, whose entries the caller knows.
extension Archive {
    /// Writes an archive that has its name only once it is whole and durable.
    ///
    /// - Parameters:
    ///   - replacing: whether a file of that name may be replaced.
    ///   - size: of what will be in it, in bytes: where there is no room for that, nothing is written.
    ///   - body: adds the entries, on a thread of its own.
    /// - Throws: `ArchiveError`, `.io(errno: EEXIST)` where there is such a file, `.io(errno: EAGAIN)` where another
    ///   process writes it; whatever `body` throws. Then there is nothing of it.
    public static func write<Value: Sendable>(
        _ target: FilePath, replacing: Bool, size: Int64,
        _ body: @escaping @Sendable (ArchiveWriter) throws -> Value
    ) async throws -> Value {
        try await onThread { cancellation in
            let draft = FileDraft(of: target)
            let file = try draft.create(size: size)
            defer {
                try? file.close()
                draft.remove()
            }
            let value = try fill(file, cancellation, body)
            try draft.keep(file, replacing: replacing)
            return value
        }
    }

    /// Writes an archive to an open file, as a pipe.
    public static func write<Value: Sendable>(
        to file: FileDescriptor, _ body: @escaping @Sendable (ArchiveWriter) throws -> Value
    ) async throws -> Value {
        try await onThread { cancellation in try fill(file, cancellation, body) }
    }

    private static func fill<Value>(
        _ file: FileDescriptor, _ cancellation: Cancellation, _ body: (ArchiveWriter) throws -> Value
    ) throws -> Value {
        let writer = try ArchiveWriter(file, cancellation)
        let value = try body(writer)
        try writer.close()
        return value
    }

    /// Reads an archive entry by entry, on a thread of its own. Nothing is extracted.
    public static func read<Value: Sendable>(
        _ file: FilePath, _ body: @escaping @Sendable (ArchiveContents) throws -> Value
    ) async throws -> Value {
        try await onThread { cancellation in
            let source = try ArchiveSource(ArrivingFile(whole: file), cancellation)
            return try body(ArchiveContents(ArchiveReader(source, reading: .archive), cancellation))
        }
    }

    /// Whether a file is a tar whose first entry has that name, at most 100 bytes of it.
    public static func isTar(_ file: FilePath, beginningWith name: String) -> Bool {
        // A fifo would hold the opening for ever.
        guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: [.closeOnExec, .nonBlocking]),
            let head = try? descriptor.closeAfter({
                try [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
                    count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
            })
        else { return false }
        return head.count == 512 && head.starts(with: Array(name.utf8) + [0])
            && head[257...].starts(with: "ustar".utf8)
    }
}

/// A file beside the one that it will be. It has the same name each time, so that the next one takes the place of what a
/// killed process has left; whoever writes it holds a lock on it.
private struct FileDraft {
    let target: FilePath
    let path: FilePath

    init(of target: FilePath) {
        self.target = target
        let name = target.lastComponent?.string ?? ""
        path = target.removingLastComponent().appending(".\(name.prefix(200)).rbee-part")
    }

    func create(size: Int64) throws(ArchiveError) -> FileDescriptor {
        let file = try claim()
        do {
            if ftruncate(file.rawValue, 0) != 0 { throw Errno(rawValue: errno) }
            // Not every file system can; one that is full says so.
            if csystem_reserve(file.rawValue, 0, size) == -ENOSPC { throw Errno.noSpace }
            return file
        } catch {
            try? file.close()
            remove()
            throw ArchiveError(error as? Errno ?? .ioError, "cannot write \(target)")
        }
    }

    private func claim() throws(ArchiveError) -> FileDescriptor {
        do {
            while true {
                let file = try FileDescriptor.open(
                    path, .writeOnly, options: [.create, .noFollow, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead, .otherRead])
                guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                    try file.close()
                    throw Errno.resourceTemporarilyUnavailable
                }
                // Another process may have finished it in between: then it has its own name by now, or none.
                let (own, named) = (try file.stat(), try? path.stat(followTargetSymlink: false))
                if let named, named.inode == own.inode, named.deviceID == own.deviceID { return file }
                try file.close()
            }
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot create \(target)")
        }
    }

    /// Makes the content durable, then gives it its name, then makes that durable.
    func keep(_ file: FileDescriptor, replacing: Bool) throws(ArchiveError) {
        guard fsync(file.rawValue) == 0 else { throw failure(errno, "write") }
        var result =
            replacing
            ? -Int32(EINVAL)
            : path.withPlatformString { path in
                target.withPlatformString { csystem_rename_exclusively(path, $0) }
            }
        if result == -EINVAL || result == -ENOSYS {
            // A network file system renames in the old way alone.
            if !replacing, (try? target.stat(followTargetSymlink: false)) != nil { throw failure(EEXIST, "create") }
            result = path.withPlatformString { path in target.withPlatformString { rename(path, $0) } }
            if result != 0 { result = -errno }
        }
        guard result == 0 else { throw failure(-result, "create") }
        let folder = target.removingLastComponent()
        do {
            let descriptor = try FileDescriptor.open(
                folder.isEmpty ? "." : folder, .readOnly, options: [.directory, .closeOnExec])
            try descriptor.closeAfter { if fsync(descriptor.rawValue) != 0 { throw Errno(rawValue: errno) } }
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot write \(target)")
        }
    }

    /// Gone already once it was kept.
    func remove() {
        _ = path.withPlatformString { unlink($0) }
    }

    private func failure(_ number: Int32, _ action: String) -> ArchiveError {
        ArchiveError(Errno(rawValue: number), "cannot \(action) \(target)")
    }
}
