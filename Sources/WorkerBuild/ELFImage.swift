import SystemPackage

/// The libraries that a 64-bit little-endian ELF file needs, and its sections' names (elf(5)).
///
/// The file is somebody else's: every offset is checked against what is read, and no table is read beyond its bound.
struct ELFImage {
    private(set) var needed: [String] = []
    private(set) var sections: Set<String> = []

    /// Nil for a file of another kind, or one that is broken beyond use.
    init?(_ file: FileDescriptor) throws {
        guard let header = try file.bytes(at: 0, count: 64), header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else {
            return nil
        }
        try readNeeded(file, header)
        try readSections(file, header)
    }

    fileprivate static let tableBound: UInt64 = 16 << 20

    private struct Segment {
        let type: UInt64
        let offset, address, size: UInt64
    }

    private mutating func readNeeded(_ file: FileDescriptor, _ header: [UInt8]) throws {
        let entrySize = header.integer(54, 2)
        let count = header.integer(56, 2)
        guard entrySize >= 56,
            let table = try file.bytes(at: header.integer(32, 8), count: entrySize * count)
        else { return }
        let segments = (0..<Int(count)).map { index in
            let at = index * Int(entrySize)
            return Segment(
                type: table.integer(at, 4), offset: table.integer(at + 8, 8), address: table.integer(at + 16, 8),
                size: table.integer(at + 32, 8))
        }
        guard let dynamic = segments.first(where: { $0.type == 2 }),
            let entries = try file.bytes(at: dynamic.offset, count: dynamic.size)
        else { return }
        var names: [UInt64] = []
        var stringsAddress: UInt64 = 0
        var stringsSize: UInt64 = 0
        for at in stride(from: 0, to: entries.count - 15, by: 16) {
            switch entries.integer(at, 8) {
            case 1: names.append(entries.integer(at + 8, 8))
            case 5: stringsAddress = entries.integer(at + 8, 8)
            case 10: stringsSize = entries.integer(at + 8, 8)
            default: continue
            }
        }
        // The string table is given by its address in memory: the loaded segment that holds it says where in the file.
        guard
            let segment = segments.first(where: {
                $0.type == 1 && stringsAddress >= $0.address && stringsAddress - $0.address < $0.size
            }),
            let strings = try file.bytes(
                at: segment.offset &+ (stringsAddress - segment.address), count: stringsSize)
        else { return }
        needed = names.compactMap { strings.string(at: $0) }
    }

    private mutating func readSections(_ file: FileDescriptor, _ header: [UInt8]) throws {
        let entrySize = header.integer(58, 2)
        let count = header.integer(60, 2)
        let names = header.integer(62, 2)
        guard entrySize >= 64, names < count,
            let table = try file.bytes(at: header.integer(40, 8), count: entrySize * count)
        else { return }
        let at = Int(names * entrySize)
        let size = table.integer(at + 32, 8)
        guard let strings = try file.bytes(at: table.integer(at + 24, 8), count: size) else {
            return
        }
        for index in 0..<Int(count) {
            if let name = strings.string(at: table.integer(index * Int(entrySize), 4)) { sections.insert(name) }
        }
    }
}

extension FileDescriptor {
    /// Exactly `count` bytes; nil where the file does not have them, or where they are more than any table holds.
    fileprivate func bytes(at offset: UInt64, count: UInt64) throws -> [UInt8]? {
        let size = UInt64(try seek(offset: 0, from: .end))
        guard offset <= size, count <= min(size - offset, ELFImage.tableBound),
            let position = Int64(exactly: offset)
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        var filled = 0
        while filled < bytes.count {
            let read = try bytes.withUnsafeMutableBytes {
                try self.read(
                    fromAbsoluteOffset: position + Int64(filled),
                    into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            guard read > 0 else { return nil }
            filled += read
        }
        return bytes
    }
}

extension [UInt8] {
    /// The little-endian integer of `size` bytes at `offset`; 0 where it is not all there.
    fileprivate func integer(_ offset: Int, _ size: Int) -> UInt64 {
        guard offset >= 0, offset + size <= count else { return 0 }
        return self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The NUL-terminated text at `offset`; nil where it does not end.
    fileprivate func string(at offset: UInt64) -> String? {
        guard let start = Int(exactly: offset), start < count, let end = self[start...].firstIndex(of: 0) else {
            return nil
        }
        return String(decoding: self[start..<end], as: UTF8.self)
    }
}
