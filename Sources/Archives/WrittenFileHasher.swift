import ArtifactTypes
import Dispatch
import Glibc
import Synchronization
import SystemPackage

import struct Crypto.SHA256

/// SHA-256 of files that one thread writes, taken on another while they are still in memory: on a machine with two
/// processors, whoever needs the digests waits no longer than for the files.
final class WrittenFileHasher: Sendable {
    /// A file on its way, by its number.
    struct Ticket {
        fileprivate let number: Int
        fileprivate var announced: Int64 = 0
    }

    private struct OpenFile {
        let descriptor: FileDescriptor
        var hash = SHA256()
        var end: Int64 = 0
    }

    private struct State {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var open: [Int: OpenFile] = [:]
        var digests: [Int: Digest] = [:]
    }

    /// A hash is told of so much more at a time.
    private static let step: Int64 = 1 << 20
    /// So many files are open at most besides what the writer has open.
    private static let mostOpen = 64

    private let cancellation: Cancellation
    private let queue = DispatchQueue(label: "rbee-hive.archives.hash")
    private let begun = Atomic(0)
    private let state = Mutex(State())

    init(_ cancellation: Cancellation) {
        self.cancellation = cancellation
    }

    deinit {
        state.withLock { for file in $0.open.values { try? file.descriptor.close() } }
    }

    /// - Parameter file: open for reading too; it may be closed before its hash is taken.
    func begin(_ file: FileDescriptor) throws(Errno) -> Ticket {
        let number = begun.add(1, ordering: .relaxed).oldValue
        if number % Self.mostOpen == Self.mostOpen - 1 { queue.sync {} }
        let copy = fcntl(file.rawValue, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Errno(rawValue: errno) }
        queue.async { [self] in
            state.withLock { $0.open[number] = OpenFile(descriptor: FileDescriptor(rawValue: copy)) }
        }
        return Ticket(number: number)
    }

    /// The file's first `end` bytes are written, holes included.
    func advance(_ file: inout Ticket, to end: Int64) {
        guard end - file.announced >= Self.step else { return }
        file.announced = end
        queue.async { [self, number = file.number] in state.withLock { hash(number, to: end, &$0) } }
    }

    /// Nothing follows.
    func finish(_ file: Ticket, at size: Int64) {
        queue.async { [self, number = file.number] in
            state.withLock { state in
                hash(number, to: size, &state)
                guard let file = state.open.removeValue(forKey: number) else { return }
                try? file.descriptor.close()
                state.digests[number] = Digest(.sha256, bytes: file.hash.finalize())
            }
        }
    }

    /// The digests of the files that were finished, in the order in which they were begun; nil for one that could not be
    /// read, which its next reader will find out too. Waits for them.
    func digests() throws(ArchiveError) -> [Digest?] {
        let digests = queue.sync { state.withLock { $0.digests } }
        try cancellation.check()
        return (0..<begun.load(ordering: .relaxed)).map { digests[$0] }
    }

    private func hash(_ number: Int, to end: Int64, _ state: inout State) {
        guard var file = state.open.removeValue(forKey: number) else { return }
        while file.end < end {
            let count = state.buffer.withUnsafeMutableBytes { buffer in
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: end - file.end)))
                let count = (try? file.descriptor.read(fromAbsoluteOffset: file.end, into: piece)) ?? 0
                file.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: piece.prefix(count)))
                return count
            }
            if count == 0 || cancellation.isCancelled {
                try? file.descriptor.close()
                return
            }
            file.end += Int64(count)
        }
        state.open[number] = file
    }
}
