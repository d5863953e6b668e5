import CArchive
import CSystemCalls
import SystemPackage

/// The writing end of libarchive: a tar without compression, that plain tar reads. Names and sizes that the oldest
/// form cannot hold get a pax header. One entry after another; not for two threads.
///
/// All entries are dated to the epoch and owned by nobody, so that the same entries make the same bytes.
public final class ArchiveWriter {
    private let handle: OpaquePointer
    private let file: FileDescriptor
    private let cancellation: Cancellation
    /// What the last entry still wants, in bytes.
    private var missing: Int64 = 0
    private var name: String?
    /// Bytes of content so far, and those of them whose way to the disk has begun.
    private var written: Int64 = 0
    private var writtenBack: Int64 = 0

    /// One system call a megabyte.
    private static let blockSize: Int32 = 1 << 20
    /// A disk that begins late is waited for at the end.
    private static let writeBackPiece: Int64 = 32 << 20

    init(_ file: FileDescriptor, _ cancellation: Cancellation) throws(ArchiveError) {
        guard let handle = archive_write_new() else { throw ArchiveError(.noMemory, "cannot write the archive") }
        self.handle = handle
        self.file = file
        self.cancellation = cancellation
        try check(archive_write_add_filter_none(handle))
        try check(archive_write_set_format_pax_restricted(handle))
        try check(archive_write_set_bytes_per_block(handle, Self.blockSize))
        try check(archive_write_set_bytes_in_last_block(handle, 1))
        try check(archive_write_open_fd(handle, file.rawValue))
    }

    deinit {
        archive_write_free(handle)
    }

    /// Begins a regular file, whose `size` bytes `write` brings.
    public func addFile(_ name: String, size: Int64, executable: Bool = false) throws(ArchiveError) {
        try add(name, size: size, mode: executable ? 0o755 : 0o644, type: UInt32(S_IFREG)) { _ in }
    }

    /// A second name for a file that was added before.
    public func addLink(_ name: String, to earlier: String) throws(ArchiveError) {
        try add(name, mode: 0o644, type: UInt32(S_IFREG)) { archive_entry_set_hardlink_utf8($0, earlier) }
    }

    public func addSymbolicLink(_ name: String, to target: String) throws(ArchiveError) {
        try add(name, mode: 0o777, type: UInt32(S_IFLNK)) { archive_entry_set_symlink_utf8($0, target) }
    }

    /// The next bytes of the file that was added last.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        try cancellation.check()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = archive_write_data(handle, piece.baseAddress, piece.count)
            if count < 0 { try check(Int32(count)) }
            guard count > 0 else { throw ArchiveError(.corrupt, entry: name, "longer than it was to be") }
            rest = rest.dropFirst(count)
        }
        missing -= Int64(bytes.count)
        written += Int64(bytes.count)
        guard written - writtenBack >= Self.writeBackPiece else { return }
        // A pipe has nothing to write back.
        _ = csystem_start_writeback(file.rawValue, writtenBack, written - writtenBack)
        writtenBack = written
    }

    func close() throws(ArchiveError) {
        try checkLast()
        try check(archive_write_close(handle))
    }

    private func add(
        _ name: String, size: Int64 = 0, mode: UInt32, type: UInt32, _ adjust: (OpaquePointer) -> Void
    ) throws(ArchiveError) {
        try cancellation.check()
        try checkLast()
        guard let entry = archive_entry_new() else { throw ArchiveError(.noMemory, "cannot write the archive") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname_utf8(entry, name)
        archive_entry_set_filetype(entry, type)
        archive_entry_set_perm(entry, mode)
        archive_entry_set_size(entry, size)
        archive_entry_set_mtime(entry, 0, 0)
        adjust(entry)
        self.name = name
        missing = size
        try check(archive_write_header(handle, entry))
    }

    /// libarchive would fill up with zeros.
    private func checkLast() throws(ArchiveError) {
        guard missing == 0 else { throw ArchiveError(.corrupt, entry: name, "shorter than it was to be") }
    }

    private func check(_ code: Int32) throws(ArchiveError) {
        guard code != ARCHIVE_OK else { return }
        let number = archive_errno(handle)
        guard number <= 0 else { throw ArchiveError(Errno(rawValue: number), entry: name, "cannot write the archive") }
        let message = archive_error_string(handle).map { String(cString: $0) } ?? "cannot be written"
        throw ArchiveError(.corrupt, entry: name, message)
    }
}
