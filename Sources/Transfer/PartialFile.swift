import ArtifactTypes
import CSystemCalls
import Glibc
import SystemPackage

/// The file that a download writes. Its length says how much of it is there: space is reserved beyond its end.
final class PartialFile: Sendable {
    let path: FilePath
    let descriptor: FileDescriptor

    /// What is smaller is written at once, and a full disk known as early.
    private static let smallestReservation: Int64 = 1 << 20

    /// Opens it, or makes it with mode 0600.
    init(_ path: FilePath) throws(TransferError) {
        self.path = path
        do {
            descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: .ownerReadWrite)
        } catch {
            throw TransferError(file: path, "open", error)
        }
    }

    deinit {
        // Who keeps the file syncs it; a failing close can add nothing to that.
        try? descriptor.close()
    }

    func length() throws(TransferError) -> Int64 {
        Int64(try status().st_size)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, remaining: Int64?) throws(TransferError) {
        do {
            try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
        } catch {
            let number = (error as? Errno)?.rawValue ?? EIO
            guard number == ENOSPC || number == EDQUOT else { throw TransferError(file: path, "write", error) }
            throw insufficientSpace(needed: remaining ?? Int64(bytes.count))
        }
    }

    /// Less than asked only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(TransferError) -> Int {
        do {
            return try descriptor.read(fromAbsoluteOffset: offset, into: buffer)
        } catch {
            throw TransferError(file: path, "read", error)
        }
    }

    func truncate() throws(TransferError) {
        do {
            try descriptor.resize(to: 0)
        } catch {
            throw TransferError(file: path, "truncate", error)
        }
    }

    /// Reserves room for `size` bytes in all, so that a full disk is known before the first one.
    func reserve(_ size: Int64) throws(TransferError) {
        guard size >= Self.smallestReservation else { return }
        let status = try status()
        let allocated = Int64(status.st_blocks) * 512  // in units of 512 by definition, stat(2)
        guard size > allocated else { return }
        let needed = size - allocated
        if let free = freeSpace(), free < needed { throw insufficientSpace(needed: needed) }
        switch -csystem_reserve(descriptor.rawValue, 0, size) {
        case ENOSPC, EDQUOT, EFBIG: throw insufficientSpace(needed: needed)
        default: return  // a file system that cannot reserve
        }
    }

    /// Begins to write a range to the disk, so that the sync at the end has little left.
    func startWriteback(from offset: Int64, length: Int64) {
        _ = csystem_start_writeback(descriptor.rawValue, offset, length)
    }

    /// Removes the file's name.
    func remove() throws(TransferError) {
        guard unlink(path.string) != 0, errno != ENOENT else { return }
        throw TransferError(file: path, "remove", Errno(rawValue: errno))
    }

    private func status() throws(TransferError) -> stat {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else {
            throw TransferError(file: path, "read the status of", Errno(rawValue: errno))
        }
        return status
    }

    private func freeSpace() -> Int64? {
        var status = statvfs()
        guard fstatvfs(descriptor.rawValue, &status) == 0 else { return nil }
        let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflows ? .max : Int64(clamping: bytes)
    }

    private func insufficientSpace(needed: Int64) -> TransferError {
        let free = freeSpace() ?? 0
        return TransferError(
            .insufficientSpace(needed: needed, free: free),
            "cannot write \(path): no space left; \(ByteCount(needed)) needed, \(ByteCount(free)) free")
    }
}

extension TransferError {
    init(file path: FilePath, _ verb: String, _ error: any Error) {
        let cause = (error as? Errno) ?? Errno(rawValue: EIO)
        self.init(.io(errno: cause.rawValue), "cannot \(verb) \(path): \(cause)")
    }
}
