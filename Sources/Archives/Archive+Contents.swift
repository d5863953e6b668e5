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
    ///   - body: adds the entries, on a thread of its own.
    /// - Throws: `ArchiveError`, `.io(errno: EEXIST)` where there is such a file; whatever `body` throws. Then there is
    ///   nothing of it.
    public static func write<Value: Sendable>(
        _ target: FilePath, replacing: Bool, _ body: @escaping @Sendable (ArchiveWriter) throws -> Value
    ) async throws -> Value {
        try await onThread { cancellation in
            let draft = FileDraft(of: target)
            let file = try draft.create()
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

/// A file beside the one that it will be.
private struct FileDraft {
    let target: FilePath
    let path: FilePath

    init(of target: FilePath) {
        self.target = target
        let name = target.lastComponent?.string ?? ""
        path = target.removingLastComponent().appending(".\(name.prefix(200)).\(UInt64.random(in: 0...UInt64.max))")
    }

    func create() throws(ArchiveError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
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
