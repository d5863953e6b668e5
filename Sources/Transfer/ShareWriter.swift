/// Writes what arrives for one share of a file, in large steps.
///
/// libcurl hands out 16 KiB at a time. The page cache takes half a megabyte in large folios, for a third of the CPU
/// that as many small writes cost.
///
/// Sendable: the gathered bytes are its own alone.
struct ShareWriter: ~Copyable, @unchecked Sendable {
    private let file: SegmentedFile
    /// What is worked on.
    let share: SegmentedFile.Share
    /// How far the content arrived; what lies before it is written, or gathered here.
    private(set) var position: Int64
    private var gathered: UnsafeMutableRawBufferPointer?
    private var count = 0
    private var writtenAt = ContinuousClock.now

    /// Steps end at multiples of it.
    private static let step = 512 << 10
    /// A slow connection's content does not wait for a whole step: progress is told by what is written.
    private static let patience = Duration.milliseconds(50)

    init(_ share: SegmentedFile.Share, of file: SegmentedFile, at position: Int64) {
        self.file = file
        self.share = share
        self.position = position
    }

    deinit {
        gathered?.deallocate()
    }

    /// - Parameter remaining: all that is still to come, in bytes, where it is known.
    mutating func append(_ bytes: UnsafeRawBufferPointer, remaining: Int64?) throws(TransferError) {
        var rest = bytes
        while !rest.isEmpty {
            let target = buffer(remaining: remaining)
            let room = min(target.count, Self.step - Int(position % Int64(Self.step)) + count)
            let taken = min(rest.count, room - count)
            UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<taken]))
            count += taken
            position += Int64(taken)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if count == room { try flush(remaining: remaining) }
        }
        if count > 0, ContinuousClock.now - writtenAt >= Self.patience { try flush(remaining: remaining) }
    }

    /// Writes what is gathered, unless the file was begun anew meanwhile.
    mutating func flush(remaining: Int64?) throws(TransferError) {
        guard count > 0, let gathered else { return }
        let length = count
        count = 0
        writtenAt = .now
        guard file.end(of: share) != nil else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: gathered[..<length])
        try file.file.write(bytes, at: position - Int64(length), remaining: remaining)
        file.advance(share, to: position)
    }

    private mutating func buffer(remaining: Int64?) -> UnsafeMutableRawBufferPointer {
        if let gathered { return gathered }
        // A small file wants no more than its size.
        let size = Int(min(Int64(Self.step), max(1, remaining ?? .max)))
        let made = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
        gathered = made
        return made
    }
}
