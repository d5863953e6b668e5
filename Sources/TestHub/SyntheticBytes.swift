/// A file of pseudo-random bytes that is made where it is read: the same for the same size and seed, at any offset.
///
/// It is a row of blocks of 64 KiB. Every block holds the same bytes, made from the seed, but for its first eight, which
/// are its number: cheap enough to be sent at the speed of loopback, and a block in the wrong place is noticed.
public struct SyntheticBytes: Sendable, Hashable {
    public let size: Int64
    public let seed: UInt64
    private let block: [UInt8]

    static let blockSize = 64 << 10

    public init(size: Int64, seed: UInt64) {
        self.size = max(0, size)
        self.seed = seed
        var block: [UInt8] = []
        block.reserveCapacity(Self.blockSize)
        var generator = SplitMix64(seed: seed)
        while block.count < Self.blockSize {
            withUnsafeBytes(of: generator.next().littleEndian) { block.append(contentsOf: $0) }
        }
        self.block = block
    }

    /// The bytes from `offset`, as many as `range` asks for and the file has.
    public func bytes(in range: Range<Int64>) -> [UInt8] {
        let range = range.clamped(to: 0..<size)
        return [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            fill(UnsafeMutableRawBufferPointer(buffer), from: range.lowerBound)
            count = range.count
        }
    }

    /// Fills `target` with the bytes from `offset` on; the caller stays within the file.
    func fill(_ target: UnsafeMutableRawBufferPointer, from offset: Int64) {
        var filled = 0
        while filled < target.count {
            let position = offset + Int64(filled)
            let number = position / Int64(Self.blockSize)
            let skip = Int(position % Int64(Self.blockSize))
            let length = min(Self.blockSize - skip, target.count - filled)
            let part = UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + length])
            block.withUnsafeBytes { part.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[skip..<skip + length])) }
            withUnsafeBytes(of: UInt64(number).littleEndian) { stamp in
                for index in skip..<max(skip, min(stamp.count, skip + length)) { part[index - skip] = stamp[index] }
            }
            filled += length
        }
    }

    public static func == (left: SyntheticBytes, right: SyntheticBytes) -> Bool {
        left.size == right.size && left.seed == right.seed
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(size)
        hasher.combine(seed)
    }
}

/// A small generator with a seed, for bytes and odds that are the same in every run; https://prng.di.unimi.it/splitmix64.c
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
