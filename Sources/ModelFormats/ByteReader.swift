import SystemPackage

/// Reads a file forward in small pieces, or the beginning of one from memory; skipping moves a number and reads nothing.
struct ByteReader: ~Copyable {
    let path: FilePath
    /// The file's size when it was opened, in bytes.
    let size: UInt64
    /// Where the next byte is read; never beyond `size`.
    private(set) var position: UInt64 = 0
    /// Nil where only `buffer` is there.
    private let descriptor: FileDescriptor?
    private var buffer: [UInt8] = []
    private var bufferStart: UInt64 = 0

    private static let bufferSize = 64 << 10

    init(_ path: FilePath) throws(ModelFormatError) {
        let (opened, size) = try Self.open(path)
        descriptor = opened
        self.size = size
        self.path = path
    }

    /// - Parameters:
    ///   - size: of the whole file, of which `beginning` is the first part.
    ///   - path: what the file is called in errors.
    init(beginning: [UInt8], size: UInt64, path: FilePath) {
        descriptor = nil
        self.size = max(size, UInt64(beginning.count))
        self.path = path
        buffer = beginning
    }

    private static func open(_ path: FilePath) throws(ModelFormatError) -> (FileDescriptor, UInt64) {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            do {
                return (descriptor, UInt64(max(0, try descriptor.seek(offset: 0, from: .end))))
            } catch {
                try descriptor.close()
                throw error
            }
        } catch {
            throw failure(path, "open", error)
        }
    }

    deinit {
        // A descriptor that was only read from has nothing to lose in close.
        try? descriptor?.close()
    }

    var remaining: UInt64 { size - position }

    func fail(_ reason: String, _ code: ModelFormatError.Code = .malformed) -> ModelFormatError {
        ModelFormatError(code, "\(path): \(reason)")
    }

    private static func failure(_ path: FilePath, _ verb: String, _ error: any Error) -> ModelFormatError {
        let reason = error as? Errno ?? .ioError
        return ModelFormatError(.io(reason), "cannot \(verb) \(path): \(reason)")
    }

    /// - Throws: `.malformed` where the file ends before.
    mutating func skip(_ count: UInt64) throws(ModelFormatError) {
        guard count <= remaining else { throw fail("it ends within its header") }
        position += count
    }

    mutating func byte() throws(ModelFormatError) -> UInt8 {
        let value = try peek()
        position += 1
        return value
    }

    mutating func peek() throws(ModelFormatError) -> UInt8 {
        guard remaining > 0 else { throw fail("it ends within its header") }
        if position < bufferStart || position - bufferStart >= UInt64(buffer.count) { try fill() }
        return buffer[Int(position - bufferStart)]
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(ModelFormatError) -> Value {
        let width = Value.bitWidth / 8
        if position >= bufferStart, position - bufferStart < UInt64(buffer.count),
            UInt64(buffer.count) - (position - bufferStart) >= UInt64(width)
        {
            let start = Int(position - bufferStart)
            position += UInt64(width)
            return Value(
                littleEndian: buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Value.self) })
        }
        // Across the buffer's end, a byte at a time.
        var value: Value = 0
        for index in 0..<width {
            value |= Value(truncatingIfNeeded: try byte()) << (8 * index)
        }
        return value
    }

    /// So many bytes; the caller bounds `count`.
    mutating func bytes(_ count: Int) throws(ModelFormatError) -> [UInt8] {
        guard UInt64(count) <= remaining else { throw fail("it ends within its header") }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count { result.append(try byte()) }
        return result
    }

    /// Whether the file starts with `magic`; afterwards the position is behind it, or at the start.
    mutating func starts(with magic: [UInt8]) throws(ModelFormatError) -> Bool {
        position = 0
        guard size >= UInt64(magic.count), try bytes(magic.count) == magic else {
            position = 0
            return false
        }
        return true
    }

    mutating func rewind() {
        position = 0
    }

    private mutating func fill() throws(ModelFormatError) {
        guard let descriptor else { throw fail("its header is longer than what is here of it", .incomplete) }
        let wanted = Int(min(UInt64(Self.bufferSize), remaining))
        do {
            let offset = Int64(position)
            let count = try buffer.refill(wanted) { target throws in
                try descriptor.read(fromAbsoluteOffset: offset, into: target)
            }
            bufferStart = position
            guard count > 0 else { throw fail("it became shorter while it was read") }
        } catch let error as ModelFormatError {
            throw error
        } catch {
            throw Self.failure(path, "read", error)
        }
    }
}

extension [UInt8] {
    /// Replaces the content by what `read` writes into `count` bytes, keeping the storage.
    fileprivate mutating func refill(_ count: Int, _ read: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int
    {
        if self.count != count { self = [UInt8](repeating: 0, count: count) }
        let filled = try withUnsafeMutableBytes { try read($0) }
        if filled < count { removeLast(count - Swift.max(0, filled)) }
        return filled
    }
}
