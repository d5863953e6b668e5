import FoundationEssentials
import Glibc
import SystemPackage

/// Of which version of which source the partial file is. Holds no secret: URLs without their query.
struct DownloadJournal: Codable, Hashable, Sendable {
    var version = 1
    /// The URL of the source, before any redirect and without query.
    var source: String
    /// A strong one, or nil.
    var entityTag: String?
    /// Of the whole content, in bytes.
    var total: Int64?
    /// Which parts are there (from, to; the latter exclusive), of a file that several connections filled. Where this is
    /// missing the file's length says it.
    var ranges: [[Int64]]?

    static let currentVersion = 1
    /// A journal is some hundred bytes, and forty more a range; what is longer is none.
    private static let maximumBytes = 256 << 10

    /// Nil where there is none, or none that can be understood: then the partial is of unknown origin.
    static func read(_ path: FilePath) -> DownloadJournal? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: [.noFollow, .closeOnExec]) else {
            return nil
        }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: maximumBytes)
        guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }), count < maximumBytes,
            let journal = try? JSONDecoder().decode(Self.self, from: Data(bytes[..<count])),
            journal.version == currentVersion
        else { return nil }
        return journal
    }

    /// Replaces the journal in one step. Not synced: a journal that a power cut loses costs a second fetch, no more.
    func write(_ path: FilePath) throws(TransferError) {
        let next = FilePath(path.string + ".new")
        do {
            let bytes = try JSONEncoder().encode(self)
            let file = try FileDescriptor.open(
                next, .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch {
            throw TransferError(file: path, "write", error)
        }
        guard rename(next.string, path.string) == 0 else {
            throw TransferError(file: path, "replace", Errno(rawValue: errno))
        }
    }

    static func remove(_ path: FilePath) throws(TransferError) {
        guard unlink(path.string) != 0, errno != ENOENT else { return }
        throw TransferError(file: path, "remove", Errno(rawValue: errno))
    }
}
