import SystemPackage

/// Texts that are looked for in files, all of them in one pass.
struct ByteSearch: Sendable {
    private let needles: [[UInt8]]
    /// The needles that begin with each byte: most bytes of a file begin none.
    private let byFirst: [[Int]]
    private let longest: Int

    init(_ texts: [String]) {
        needles = texts.map { Array($0.utf8) }.filter { !$0.isEmpty }
        var byFirst = [[Int]](repeating: [], count: 256)
        for (index, needle) in needles.enumerated() { byFirst[Int(needle[0])].append(index) }
        self.byFirst = byFirst
        longest = needles.map(\.count).max() ?? 1
    }

    /// Whether one of the texts stands in the file, which is read in pieces of 1 MiB.
    func finds(in file: FileDescriptor) throws -> Bool {
        // The end of each piece goes before the next, so that a text across the seam is found.
        var buffer = [UInt8](repeating: 0, count: (1 << 20) + longest)
        var carried = 0
        var offset: Int64 = 0
        while true {
            let count = try buffer.withUnsafeMutableBytes {
                try file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: $0[carried...]))
            }
            guard count > 0 else { return false }
            offset += Int64(count)
            let filled = carried + count
            if buffer.withUnsafeBytes({ finds(in: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }) { return true }
            carried = min(longest - 1, filled)
            buffer.replaceSubrange(..<carried, with: Array(buffer[(filled - carried)..<filled]))
        }
    }

    private func finds(in bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            for candidate in byFirst[Int(bytes[index])] where stands(needles[candidate], in: bytes, at: index) {
                return true
            }
            index += 1
        }
        return false
    }

    /// By hand, for most candidates differ in their second byte.
    private func stands(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard bytes.count - index >= needle.count else { return false }
        var matched = 1
        while matched < needle.count, bytes[index + matched] == needle[matched] { matched += 1 }
        return matched == needle.count
    }
}
