import CArchive
import SystemPackage

/// libarchive's reading end: one open archive, one entry after another. Not for two threads.
final class ArchiveReader {
    enum Content {
        /// tar and zip.
        case archive
        /// The one file that a compression filter yields.
        case compressedFile
    }

    /// The length of the archive itself, in bytes.
    let length: Int64
    private let handle: OpaquePointer
    private let file: FileDescriptor
    /// Where in the uncompressed stream the last entry ended.
    private var position: Int64 = 0

    /// Larger saves system calls; for a zip the buffer is thrown away with each seek.
    private static let blockSize = 512 << 10

    init(_ path: FilePath, reading content: Content) throws(ArchiveError) {
        (file, length) = try Self.open(path)
        guard let handle = archive_read_new() else {
            try? file.close()
            throw ArchiveError(.noMemory, "cannot read the archive")
        }
        self.handle = handle
        try support(content)
        do throws(ArchiveError) {
            try check(archive_read_open_fd(handle, file.rawValue, Self.blockSize))
        } catch {
            // Opening finds the filter and the format; damage in front of them cannot be told from another format.
            if error.code == .corrupt { throw Self.unknownFormat }
            throw error
        }
    }

    deinit {
        archive_read_free(handle)
        try? file.close()
    }

    private static func open(_ path: FilePath) throws(ArchiveError) -> (FileDescriptor, length: Int64) {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            do {
                let length = try file.seek(offset: 0, from: .end)
                try file.seek(offset: 0, from: .start)
                return (file, length)
            } catch {
                try? file.close()
                throw error
            }
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot open the archive")
        }
    }

    /// The allow-list. Every other reader of libarchive (rar, 7z, iso, cpio, mtree, …) stays off, and so does the
    /// streaming reader of zip, which sees neither modes nor links.
    private func support(_ content: Content) throws(ArchiveError) {
        let filters = [
            archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd,
            archive_read_support_filter_bzip2, archive_read_support_filter_lz4,
        ]
        // Any answer but OK means that an external program would do the work.
        for filter in filters { try check(filter(handle)) }
        switch content {
        case .archive:
            try check(archive_read_support_format_tar(handle))
            try check(archive_read_support_format_zip_seekable(handle))
        case .compressedFile:
            try check(archive_read_support_format_raw(handle))
        }
    }

    /// The next entry; nil at the archive's end.
    func nextEntry() throws(ArchiveError) -> ArchiveEntry? {
        position = archive_filter_bytes(handle, 0)
        var entry: OpaquePointer?
        let code = archive_read_next_header(handle, &entry)
        if code == ARCHIVE_EOF {
            try checkEndMark()
            return nil
        }
        try check(code, entry: entry.flatMap(ArchiveEntry.name))
        guard let entry else { throw ArchiveError(.corrupt, "an entry without a header") }
        // One filter, and the file itself below it.
        guard archive_filter_count(handle) <= 2 else {
            throw ArchiveError(.unsupportedFormat, "compressed more than once")
        }
        return try ArchiveEntry(entry)
    }

    /// A tar that was cut between two entries looks whole to libarchive: only the zeros at its end are missing.
    private func checkEndMark() throws(ArchiveError) {
        guard archive_format(handle) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR else { return }
        guard archive_filter_bytes(handle, 0) > position else {
            throw ArchiveError(.corrupt, "the archive ends without its end mark: it was cut short")
        }
    }

    static let unknownFormat = ArchiveError(
        .unsupportedFormat, "by its content not of a format or compression that is read here")

    struct Block {
        /// Valid until the next call to the reader.
        let bytes: UnsafeRawBufferPointer
        let offset: Int64
    }

    /// The next piece of the current entry's data; nil at its end. What lies between two pieces is a hole.
    func nextBlock(of entry: String?) throws(ArchiveError) -> Block? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let code = archive_read_data_block(handle, &start, &count, &offset)
        if code == ARCHIVE_EOF { return nil }
        try check(code, entry: entry)
        return Block(bytes: UnsafeRawBufferPointer(start: start, count: count), offset: offset)
    }

    var formatName: String { archive_format_name(handle).map { String(cString: $0) } ?? "" }
    var filterName: String { archive_filter_name(handle, 0).map { String(cString: $0) } ?? "" }
    var isCompressed: Bool { archive_filter_count(handle) > 1 }
    /// What came out of the filter so far, in bytes, whether or not it was written.
    var expandedBytes: Int64 { archive_filter_bytes(handle, 0) }

    /// Anything but OK is an error: a warning means a header that two readers understand in two ways.
    private func check(_ code: Int32, entry: String? = nil) throws(ArchiveError) {
        guard code != ARCHIVE_OK else { return }
        let message = archive_error_string(handle).map { String(cString: $0) } ?? "cannot be read"
        let number = archive_errno(handle)
        // libarchive speaks of damage by EILSEQ, EINVAL and -1; these alone are the system's.
        let system: [Errno] = [.ioError, .noMemory, .isDirectory, .staleNFSFileHandle, .badFileDescriptor]
        if system.contains(Errno(rawValue: number)) {
            throw ArchiveError(Errno(rawValue: number), entry: entry, "cannot read the archive")
        }
        throw ArchiveError(.corrupt, entry: entry, message)
    }
}
