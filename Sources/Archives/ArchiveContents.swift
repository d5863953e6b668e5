/// An archive whose reader knows what must come: entry after entry, nothing extracted. Not for two threads.
public final class ArchiveContents {
    /// An entry's header; nothing here is checked.
    public struct Entry: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            /// In bytes.
            case file(size: Int64)
            /// A second name for an earlier entry.
            case link(to: String)
            case symbolicLink(to: String)
            /// A folder, a device, or a file of unknown size.
            case other
        }

        public let name: String
        public let kind: Kind

        public init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    private let reader: ArchiveReader
    private let cancellation: Cancellation
    private var name: String?

    init(_ reader: ArchiveReader, _ cancellation: Cancellation) {
        self.reader = reader
        self.cancellation = cancellation
    }

    /// The next entry; nil at the archive's end.
    ///
    /// - Throws: `unsafe` where anything stands behind the end, as another archive.
    public func next() throws(ArchiveError) -> Entry? {
        try cancellation.check()
        guard let entry = try reader.nextEntry() else {
            guard try reader.isAtEnd() else { throw ArchiveError(.unsafe, "something follows the archive's end") }
            return nil
        }
        name = entry.name
        let kind: Entry.Kind
        switch entry.kind {
        case .file: kind = entry.size.map { .file(size: $0) } ?? .other
        case .hardLink(let target): kind = .link(to: target)
        case .symbolicLink(let target): kind = .symbolicLink(to: target)
        case .folder, .special: kind = .other
        }
        return Entry(name: entry.name, kind: kind)
    }

    /// Hands out the content of the entry that came last.
    ///
    /// - Throws: `corrupt` where it is cut short or has holes; whatever `body` throws.
    public func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var done: Int64 = 0
        while let block = try reader.nextBlock(of: name) {
            try cancellation.check()
            guard block.offset == done else { throw ArchiveError(.corrupt, entry: name, "it has holes") }
            try body(block.bytes)
            done += Int64(block.bytes.count)
        }
    }
}
