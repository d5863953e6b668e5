import ArtifactTypes
import GRDB
public import SystemPackage

/// The SQLite file that the catalogs share: write-ahead log, `synchronous = FULL`, any number of processes.
///
/// A file that is no database, is damaged, or was found so when it was last used, is moved aside and a fresh one begun;
/// `setAside` says so. Of any file that was begun `isUnfilled` says so, until whoever opens it has filled the catalogs
/// again from the sidecars.
public final class CatalogDatabase: Sendable {
    public let path: FilePath
    /// Where a damaged file was moved to as this one was opened.
    public let setAside: FilePath?
    /// Whether it was made, in the place of one that was lost perhaps, and `markFilled` has not been called since. It
    /// stays so over a crash.
    public let isUnfilled: Bool
    /// Whether an earlier version of this program had made it. The columns that are new are filled by
    /// `SQLiteCatalog.refresh`.
    public let isMigrated: Bool
    /// Whether it lies on a file system that cannot be written. Then it is read as it is.
    public let isReadOnly: Bool
    /// One connection. A pool of them would write a table and drop it again each time that a file without a log is
    /// opened: four syncs of the disk for a command that only reads.
    private let queue: DatabaseQueue

    /// How long a writer waits for another process before it gives up.
    private static let busyTimeout = 30.0
    /// Up to so many bytes, some 4,000 models, a file is looked through at each opening: that takes 3 ms. A larger one
    /// is found damaged when it is used.
    private static let checkedSize: Int64 = 4 << 20
    /// The `application_id` of a file that was made and not filled; 0 of any other.
    private static let unfilled = 0x7262_6565
    /// The schema's steps; `user_version` counts those that were taken.
    private static let schema: [@Sendable (Database) throws -> Void] = [
        { database in
            for kind in ArtifactKind.allCases {
                try database.execute(
                    sql: """
                        CREATE TABLE \(kind.plural) (
                            id TEXT PRIMARY KEY NOT NULL,
                            size INTEGER NOT NULL,
                            detail TEXT,
                            status TEXT NOT NULL,
                            added_at INTEGER NOT NULL,
                            last_accessed INTEGER,
                            entry TEXT NOT NULL
                        ) STRICT;
                        """)
            }
        },
        // The first catalogs counted one step too, and had all but these columns.
        { database in
            for kind in ArtifactKind.allCases {
                guard try !database.columns(in: kind.plural).contains(where: { $0.name == "status" }) else { continue }
                try database.execute(
                    sql: """
                        ALTER TABLE \(kind.plural) ADD COLUMN detail TEXT;
                        ALTER TABLE \(kind.plural) ADD COLUMN status TEXT NOT NULL DEFAULT '"Available"';
                        UPDATE \(kind.plural) SET status = json_quote(json_extract(entry, '$.status'))
                            WHERE json_valid(entry);
                        """)
            }
        },
    ]

    /// Opens the catalog's file, making it if there is none.
    ///
    /// - Throws: `io` where it can be neither read nor made, `diskFull`, `busy`.
    public init(path: FilePath) throws(CatalogError) {
        self.path = path
        do throws(CatalogError) {
            let (opened, aside) = try Self.openForWriting(path)
            (queue, isMigrated, isUnfilled) = (opened.queue, opened.isMigrated, opened.isUnfilled)
            (setAside, isReadOnly) = (aside, false)
        } catch {
            guard error.code == .readOnly, let queue = Self.openForReading(path) else { throw error }
            (self.queue, isMigrated, isUnfilled, setAside, isReadOnly) = (queue, false, false, nil, true)
        }
    }

    private struct Opened {
        let queue: DatabaseQueue
        let isMigrated: Bool
        let isUnfilled: Bool
    }

    private static func openForWriting(
        _ path: FilePath
    ) throws(CatalogError) -> (Opened, setAside: FilePath?) {
        // One process at a time: switching a new file to its write-ahead log heeds no time-out, and nobody may move
        // aside what another has just begun.
        try withOpeningLock(beside: path) { () throws(CatalogError) in
            var aside = DamageMark.exists(path) ? try DamageMark.moveAside(path) : nil
            do throws(CatalogError) {
                return (try open(path), aside)
            } catch  where error.code == .damaged {
                aside = try DamageMark.moveAside(path)
                return (try open(path), aside)
            }
        }
    }

    /// Nil where only writing would bring the file up to date: a log beside it, or an earlier schema.
    private static func openForReading(_ path: FilePath) -> DatabaseQueue? {
        let log = try? FilePath(path.string + "-wal").stat()
        guard log?.size ?? 0 == 0 else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        // Immutable: SQLite would make files beside it to read one with a log, even where there is none.
        let url = FileURL.text(of: path.string) + "?immutable=1"
        guard let queue = try? DatabaseQueue(path: url, configuration: configuration),
            (try? queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }) == schema.count
        else { return nil }
        return queue
    }

    /// SQLite's version.
    public func libraryVersion() throws(CatalogError) -> String {
        try guarded { try queue.read { try String.fetchOne($0, sql: "SELECT sqlite_version()") } ?? "" }
    }

    /// What `PRAGMA synchronous` reads on the writing connection; 2 is FULL.
    public func synchronousLevel() throws(CatalogError) -> Int {
        try guarded { try queue.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } ?? -1 }
    }

    /// Looks through the whole file; what it finds wrong, a line each. Nothing found is an empty list.
    public func problems() throws(CatalogError) -> [String] {
        try read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }.filter { $0 != "ok" }
    }

    /// Has the next opening move this file aside and begin anew, as if it had met damage.
    public func markDamaged() {
        DamageMark.leave(path)
    }

    /// Notes that the catalogs hold all that is published.
    public func markFilled() throws(CatalogError) {
        try write { try $0.execute(sql: "PRAGMA application_id = 0") }
    }

    /// Reads from one consistent state of the file.
    func read<T>(_ body: (Database) throws -> T) throws(CatalogError) -> T {
        try guarded { try queue.read(body) }
    }

    /// Runs one transaction; it is on the disk when this returns.
    func write<T>(_ body: (Database) throws -> T) throws(CatalogError) -> T {
        // Immediate: a transaction that read first and then found another writer could only fail.
        try guarded {
            try queue.writeWithoutTransaction { database in
                var result: T?
                try database.inTransaction(.immediate) {
                    result = try body(database)
                    return .commit
                }
                guard let result else { throw CatalogError(.io, "a transaction of \(path) gave nothing") }
                return result
            }
        }
    }

    private func guarded<T>(_ body: () throws -> T) throws(CatalogError) -> T {
        do {
            return try body()
        } catch {
            let error = CatalogError(error, path: path.string)
            if error.code == .damaged { DamageMark.leave(path) }
            throw error
        }
    }

    private static func open(_ path: FilePath) throws(CatalogError) -> Opened {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(busyTimeout)
            let queue = try DatabaseQueue(path: path.string, configuration: configuration)
            let (isMigrated, isUnfilled) = try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                // Under a power cut NORMAL loses committed rows.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                let isMigrated = try migrate(database, path)
                if let size = try? path.stat().size, size <= checkedSize {
                    let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                    guard answer == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: answer) }
                }
                let mark = try Int.fetchOne(database, sql: "PRAGMA application_id")
                return (isMigrated, mark == unfilled)
            }
            // What the check has read is not kept: damage that comes later is to be seen, not hidden by a cache.
            queue.releaseMemory()
            return Opened(queue: queue, isMigrated: isMigrated, isUnfilled: isUnfilled)
        } catch {
            throw CatalogError(error, path: path.string)
        }
    }

    /// Returns whether an earlier schema was there.
    private static func migrate(_ database: Database, _ path: FilePath) throws -> Bool {
        func version() throws -> Int { try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 }
        if try version() == schema.count { return false }
        var present = 0
        try database.inTransaction(.immediate) {
            present = try version()
            guard (0...schema.count).contains(present) else {
                throw CatalogError(.io, "\(path.string.visiblyEscaped) was made by a newer version of this program")
            }
            for step in schema[present...] { try step(database) }
            if present == 0 { try database.execute(sql: "PRAGMA application_id = \(unfilled)") }
            try database.execute(sql: "PRAGMA user_version = \(schema.count)")
            return .commit
        }
        return (1..<schema.count).contains(present)
    }
}
