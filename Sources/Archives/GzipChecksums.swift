import CArchive
import SystemPackage

/// What gzip itself says of its content (RFC 1952, section 2.3.1), which libarchive 3.6 reads past: of each member the
/// CRC-32 and the length of what comes out.
enum GzipChecksums {
    /// Decompresses the file once more, to nowhere.
    ///
    /// - Parameters:
    ///   - file: is read from its start; where it is read moves.
    ///   - limit: the most that may come out, in bytes.
    /// - Throws: `corrupt`, `limit`, `cancelled`, `io`.
    static func check(
        _ file: FileDescriptor, upTo limit: Int64, _ cancellation: Cancellation
    ) throws(ArchiveError) {
        let copy: FileDescriptor
        do {
            try file.seek(offset: 0, from: .start)
            copy = try file.duplicate()
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot read the archive")
        }
        guard let stream = gzdopen(copy.rawValue, "rb") else {
            try? copy.close()
            throw ArchiveError(.noMemory, "cannot read the archive")
        }
        // Closes the copy too.
        defer { gzclose(stream) }
        gzbuffer(stream, 512 << 10)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var done: Int64 = 0
        var count: Int32
        repeat {
            try cancellation.check()
            count = gzread(stream, buffer.baseAddress, UInt32(buffer.count))
            done += Int64(max(count, 0))
            if done > limit { throw ArchiveError(.limit, "more comes out of gzip than the archive has") }
        } while count > 0
        var code: Int32 = 0
        _ = gzerror(stream, &code)
        switch code {
        case Z_OK, Z_STREAM_END: return
        case Z_ERRNO: throw ArchiveError(.ioError, "cannot read the archive")
        case Z_MEM_ERROR: throw ArchiveError(.noMemory, "cannot read the archive")
        default: throw ArchiveError(.corrupt, "what comes out is not what gzip's own checksum says: it is damaged")
        }
    }
}
