import CArchive
import Glibc
import SystemPackage

/// libarchive's reading end: one open archive, one entry after another. Not for two threads.
final class ArchiveReader {
    enum Content {
        /// tar and zip.
        case archive
        /// The one file that a compression filter yields.
        case compressedFile
    }

    let source: ArchiveSource
    private let content: Content
    private let handle: OpaquePointer
    /// Where in the uncompressed stream the last entry ended.
    private var position: Int64 = 0

    init(_ source: ArchiveSource, reading content: Content) throws(ArchiveError) {
        guard let handle = archive_read_new() else { throw ArchiveError(.noMemory, "cannot read the archive") }
        self.handle = handle
        self.source = source
        self.content = content
        try support()
        do throws(ArchiveError) {
            try open()
        } catch {
            // Opening finds the filter and the format; damage in front of them cannot be told from another format.
            if error.code == .corrupt, source.failure == nil { throw unknownFormat(error) }
            throw error
        }
    }

    deinit {
        archive_read_free(handle)
    }

    /// A tar is read as it comes. Only what is no tar is looked at from its end, where a zip has its directory.
    private func open() throws(ArchiveError) {
        // Unretained: the source lives as long as the handle.
        try check(archive_read_set_callback_data(handle, Unmanaged.passUnretained(source).toOpaque()))
        try check(
            archive_read_set_read_callback(handle) { _, source, block in
                source.map { Unmanaged<ArchiveSource>.fromOpaque($0).takeUnretainedValue().read(block) } ?? -1
            })
        try check(
            archive_read_set_seek_callback(handle) { _, source, offset, whence in
                source.map { Unmanaged<ArchiveSource>.fromOpaque($0).takeUnretainedValue().seek(offset, whence) } ?? -1
            })
        try check(archive_read_open1(handle))
    }

    /// The allow-list. Every other reader of libarchive (rar, 7z, iso, cpio, mtree, …) stays off, and so does the
    /// streaming reader of zip, which sees neither modes nor links.
    private func support() throws(ArchiveError) {
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

    /// The end of an extraction: what it made may be kept.
    ///
    /// - Throws: `corrupt` where the file was begun anew, or is not what gzip's own checksums say.
    func confirm() throws(ArchiveError) {
        try source.confirm()
        // A tar ends before what comes out does: it is filled up with zeros, to 1 MiB and more on tapes.
        if filterName == "gzip" { try source.checkGzip(upTo: expandedBytes + (64 << 20)) }
    }

    /// Whether nothing but zeros follows what was read of an archive that is not compressed.
    func isAtEnd() throws(ArchiveError) -> Bool {
        try source.isBlank(after: archive_filter_bytes(handle, 0))
    }

    /// Says what it is instead, where that can be seen.
    ///
    /// - Parameter cause: what opening it failed with.
    func unknownFormat(_ cause: ArchiveError? = nil) -> ArchiveError {
        let formats = "tar (plain, gzip, xz, zstd, bzip2, lz4) and zip are unpacked"
        let beginning = source.beginning()
        guard let outer = KnownFormat(beginning) else {
            return ArchiveError(
                .unsupportedFormat,
                beginning.isEmpty ? "the archive is empty" : "its content is of no known format; \(formats)")
        }
        guard outer.isCompression else {
            return ArchiveError(.unsupportedFormat, "by its content it is \(outer.name); \(formats)")
        }
        if content == .compressedFile, let cause { return unreadable(outer, cause) }
        do throws(ArchiveError) {
            let inner = try innerBeginning(outer).flatMap { KnownFormat($0) }.map { "is \($0.name)" } ?? "is no tar"
            return ArchiveError(.unsupportedFormat, "it is compressed with \(outer.name), and what comes out \(inner)")
        } catch {
            return error
        }
    }

    /// The first bytes that the compression yields; nil where it yields none.
    /// - Throws: `corrupt` where it is damaged, or wants more memory than it gets.
    private func innerBeginning(_ outer: KnownFormat) throws(ArchiveError) -> [UInt8]? {
        guard content == .archive, source.seek(0, SEEK_SET) == 0 else { return nil }
        let inner = try ArchiveReader(source, reading: .compressedFile)
        do throws(ArchiveError) {
            guard try inner.nextEntry() != nil, let block = try inner.nextBlock(of: nil) else { return nil }
            return Array(block.bytes.prefix(KnownFormat.length))
        } catch {
            throw unreadable(outer, error)
        }
    }

    private func unreadable(_ outer: KnownFormat, _ cause: ArchiveError) -> ArchiveError {
        // 128 MiB is what zstd itself takes without being told to take more, and libarchive too.
        let advice =
            outer.name == "zstd" ? "; of a window beyond 128 MiB zstd -d --long=31 makes a tar that can be" : ""
        return ArchiveError(
            .corrupt, "it is compressed with \(outer.name), and cannot be read: \(cause.reason)\(advice)")
    }

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
        if let failure = source.failure {
            throw ArchiveError(failure.code, entry: failure.entry ?? entry, failure.reason)
        }
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
