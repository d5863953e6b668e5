import CArchive

/// An entry's header, as the archive has it: nothing here is checked yet.
struct ArchiveEntry {
    enum Kind {
        case file
        case folder
        case symbolicLink(target: String)
        /// `target` is a name in the archive.
        case hardLink(target: String)
        /// A device, a pipe, a socket: by its name for messages.
        case special(String)
    }

    let name: String
    let kind: Kind
    /// The permission bits with set-user-id, set-group-id and sticky.
    let mode: UInt32
    /// In bytes, holes included; nil where the header does not say.
    let size: Int64?
    /// Seconds since the epoch.
    let modified: Int64?
    let isEncrypted: Bool

    init(_ entry: OpaquePointer) throws(ArchiveError) {
        guard let name = Self.name(entry) else { throw ArchiveError(.corrupt, "an entry without a name") }
        self.name = name
        kind = Self.kind(entry)
        mode = UInt32(archive_entry_perm(entry))
        size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil
        modified = archive_entry_mtime_is_set(entry) != 0 ? Int64(archive_entry_mtime(entry)) : nil
        isEncrypted = archive_entry_is_encrypted(entry) != 0
    }

    /// The name; bytes that are no UTF-8 become U+FFFD, which no path may have.
    static func name(_ entry: OpaquePointer) -> String? {
        archive_entry_pathname(entry).map { String(cString: $0) }
    }

    private static func kind(_ entry: OpaquePointer) -> Kind {
        if let target = archive_entry_hardlink(entry) { return .hardLink(target: String(cString: target)) }
        switch UInt32(archive_entry_filetype(entry)) {
        case 0o100000: return .file
        case 0o040000: return .folder
        case 0o120000: return .symbolicLink(target: archive_entry_symlink(entry).map { String(cString: $0) } ?? "")
        case 0o020000: return .special("a character device")
        case 0o060000: return .special("a block device")
        case 0o010000: return .special("a named pipe")
        case 0o140000: return .special("a socket")
        default: return .special("of no known type")
        }
    }
}
