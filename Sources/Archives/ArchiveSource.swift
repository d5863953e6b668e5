import Glibc
import SystemPackage

/// What an archive is read from: one generation of an arriving file, from its start to its end. Not for two threads.
final class ArchiveSource {
    private let file: ArrivingFile
    private let descriptor: FileDescriptor
    private let generation: Int
    private let cancellation: Cancellation
    private let buffer: UnsafeMutableRawBufferPointer
    private var position: Int64 = 0
    /// What is known to be there, in bytes.
    private var front: Int64
    /// Why `read` or `seek` said that it could not.
    private(set) var failure: ArchiveError?

    /// Larger saves system calls; for a zip the buffer is thrown away with each seek.
    private static let blockSize = 512 << 10

    /// Waits for the first byte.
    init(_ file: ArrivingFile, _ cancellation: Cancellation) throws(ArchiveError) {
        let standing = try file.wait(cancellation) { $0.front > 0 || $0.isFinal }
        do {
            descriptor = try FileDescriptor.open(file.path, .readOnly, options: .closeOnExec)
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot open the archive")
        }
        self.file = file
        self.cancellation = cancellation
        generation = standing.generation
        front = standing.front
        buffer = .allocate(byteCount: Self.blockSize, alignment: 4096)
    }

    deinit {
        buffer.deallocate()
        try? descriptor.close()
    }

    /// The bytes that come next, as libarchive wants to be told: their count, 0 at the end, or -1 with a `failure`.
    func read(_ block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        block?.pointee = UnsafeRawPointer(buffer.baseAddress)
        do throws(ArchiveError) {
            guard try holds(position + 1) else { return 0 }
            let count = Int(min(Int64(buffer.count), front - position))
            let read: Int
            do {
                read = try descriptor.read(fromAbsoluteOffset: position, into: .init(rebasing: buffer[..<count]))
            } catch {
                throw ArchiveError(error as? Errno ?? .ioError, "cannot read the archive")
            }
            // Bytes of the next generation may already lie there: they are told by the count of them.
            _ = try wait { _ in true }
            guard read > 0 else { throw ArchiveError(.ioError, "the archive became shorter while it was read") }
            position += Int64(read)
            return read
        } catch {
            failure = error
            return -1
        }
    }

    /// Whether nothing but zeros follows `offset`. The reading is at its end then.
    func isBlank(after offset: Int64) throws(ArchiveError) -> Bool {
        _ = seek(offset, SEEK_SET)
        var block: UnsafeRawPointer?
        while true {
            let count = read(&block)
            if let failure { throw failure }
            guard count > 0, let block else { return true }
            guard UnsafeRawBufferPointer(start: block, count: count).allSatisfy({ $0 == 0 }) else { return false }
        }
    }

    /// What the file begins with, wherever the reading is; empty where it cannot be read.
    func beginning() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: KnownFormat.length) { bytes, count in
            let room = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(bytes).prefix(Int(clamping: front)))
            count = (try? descriptor.read(fromAbsoluteOffset: 0, into: room)) ?? 0
        }
    }

    /// Goes elsewhere; from the end once the end has come.
    func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        do throws(ArchiveError) {
            var base: Int64 = 0
            if whence == SEEK_CUR { base = position }
            if whence == SEEK_END { base = try wait { $0.isFinal }.front }
            let (target, overflow) = base.addingReportingOverflow(offset)
            guard !overflow, target >= 0 else { return -1 }
            position = target
            return target
        } catch {
            failure = error
            return -1
        }
    }

    /// Whether the archive has that many bytes; waits until that is known.
    func holds(_ count: Int64) throws(ArchiveError) -> Bool {
        if count > front { front = try wait { $0.front >= count || $0.isFinal }.front }
        return count <= front
    }

    /// False where the file was begun anew: what was read of it is worth nothing.
    ///
    /// - Parameter atEnd: waits until the file is whole.
    func stands(atEnd: Bool) throws(ArchiveError) -> Bool {
        try file.wait(cancellation) { !atEnd || $0.isFinal || $0.generation != generation }.generation == generation
    }

    /// The end of an extraction: what it made may be kept.
    func confirm() throws(ArchiveError) {
        guard try stands(atEnd: true) else { throw Self.begunAnew }
    }

    /// Compares gzip's own checksums, where nobody else says what the content is to be.
    ///
    /// - Parameter limit: the most that may come out, in bytes.
    func checkGzip(upTo limit: Int64) throws(ArchiveError) {
        if file.isVouchedFor { return }
        try GzipChecksums.check(descriptor, upTo: limit, cancellation)
    }

    private func wait(
        until isEnough: (ArrivingFile.Standing) -> Bool
    ) throws(ArchiveError) -> ArrivingFile.Standing {
        let standing = try file.wait(cancellation) { $0.generation != generation || isEnough($0) }
        guard standing.generation == generation else { throw Self.begunAnew }
        return standing
    }

    private static let begunAnew = ArchiveError(.corrupt, "the archive was begun anew")
}
