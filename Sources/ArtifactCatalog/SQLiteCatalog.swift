import ArtifactTypes
import GRDB

/// The catalog of one kind of artifact in a `CatalogDatabase`: a row an entry, the entry as JSON.
public struct SQLiteCatalog<Entry: Artifact>: Catalog {
    private let database: CatalogDatabase
    private var table: String { Entry.kind.plural }

    public init(_ database: CatalogDatabase) {
        self.database = database
    }

    public func add(_ entry: Entry) throws(CatalogError) {
        let json = try CatalogJSON.encode(entry)
        try database.write { try store(entry, json, in: $0) }
    }

    public func get(_ id: String) throws(CatalogError) -> Entry? {
        try database.read { try json(of: id, in: $0) }.map { json throws(CatalogError) in try decode(json, id) }
    }

    public func list() throws(CatalogError) -> [Entry] {
        let rows = try database.read { try String.fetchAll($0, sql: "SELECT entry FROM \(table) ORDER BY id") }
        return try rows.map { row throws(CatalogError) in try decode(row, nil) }
    }

    /// All entries as one JSON array, without reading each into an `Entry`: what `list --json` prints. It is written in
    /// pieces of about 256 KiB, so that memory does not grow with the catalog.
    public func writeJSON(_ write: ([UInt8]) -> Void) throws(CatalogError) {
        try database.read { database in
            let rows = try Row.fetchCursor(database, sql: "SELECT entry FROM \(table) ORDER BY id")
            var piece = [UInt8(ascii: "[")]
            var isFirst = true
            while let row = try rows.next() {
                if !isFirst { piece.append(UInt8(ascii: ",")) }
                isFirst = false
                try row.withUnsafeData(atIndex: 0) { entry in
                    if let entry { piece += entry }
                }
                guard piece.count >= 256 << 10 else { continue }
                write(piece)
                piece.removeAll(keepingCapacity: true)
            }
            piece.append(UInt8(ascii: "]"))
            write(piece)
        }
    }

    /// The same as one text.
    public func listJSON() throws(CatalogError) -> String {
        var bytes: [UInt8] = []
        try writeJSON { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The ids of all entries, in their order. No entry is read.
    public func ids() throws(CatalogError) -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT id FROM \(table) ORDER BY id") }
    }

    /// What a table of all entries shows, in the order of their ids, without reading each entry.
    public func summaries() throws(CatalogError) -> [ArtifactSummary] {
        try database.read { database in
            let sql = "SELECT id, size, detail, status, added_at, last_accessed FROM \(table) ORDER BY id"
            let rows = try Row.fetchCursor(database, sql: sql)
            var summaries: [ArtifactSummary] = []
            while let row = try rows.next() {
                let status: String = row[3]
                summaries.append(
                    ArtifactSummary(
                        id: row[0], size: row[1], detail: row[2],
                        // Nearly all are, and need no decoder.
                        status: status == Self.available
                            ? .available : try CatalogJSON.decode(ArtifactStatus.self, from: status),
                        addedAt: Timestamp(milliseconds: row[4]),
                        lastAccessed: (row[5] as Int64?).map(Timestamp.init(milliseconds:))))
            }
            return summaries
        }
    }

    @discardableResult
    public func remove(_ id: String) throws(CatalogError) -> Bool {
        try database.write { database in
            try database.execute(sql: "DELETE FROM \(table) WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }

    public func contains(_ id: String) throws(CatalogError) -> Bool {
        try database.read { try Bool.fetchOne($0, sql: "SELECT 1 FROM \(table) WHERE id = ?", arguments: [id]) }
            ?? false
    }

    @discardableResult
    public func update(_ id: String, _ change: (inout Entry) -> Void) throws(CatalogError) -> Entry {
        try database.write { database in
            guard let json = try json(of: id, in: database) else {
                throw CatalogError(.notFound, "\(id.visiblyEscaped) is not in the catalog of \(table)")
            }
            var entry = try decode(json, id)
            change(&entry)
            guard entry.id == id else { throw CatalogError(.invalid, "\(id.visiblyEscaped): an id does not change") }
            try store(entry, CatalogJSON.encode(entry), in: database)
            return entry
        }
    }

    public func touch(_ id: String, at time: Timestamp) throws(CatalogError) {
        try database.write { database in
            try database.execute(
                sql: """
                    UPDATE \(table) SET last_accessed = ?, entry = json_set(entry, '$.lastAccessed', ?) WHERE id = ?
                    """, arguments: [time.milliseconds, time.description, id])
        }
    }

    /// Fills the columns of all rows from their entries: after an earlier version's file was opened. Rows that cannot be
    /// read are left to `catalog repair`.
    public func refresh() throws(CatalogError) {
        try database.write { database in
            for json in try String.fetchAll(database, sql: "SELECT entry FROM \(table)") {
                guard let entry = try? decode(json, nil) else { continue }
                try store(entry, json, in: database)
            }
        }
    }

    private static var available: String { #""Available""# }

    private func store(_ entry: Entry, _ json: String, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO \(table) (id, size, detail, status, added_at, last_accessed, entry)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET size = excluded.size, detail = excluded.detail,
                    status = excluded.status, added_at = excluded.added_at,
                    last_accessed = excluded.last_accessed, entry = excluded.entry
                """,
            arguments: [
                entry.id, entry.size, entry.detail, CatalogJSON.encode(entry.status), entry.addedAt.milliseconds,
                entry.lastAccessed?.milliseconds, json,
            ])
    }

    private func json(of id: String, in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT entry FROM \(table) WHERE id = ?", arguments: [id])
    }

    private func decode(_ json: String, _ id: String?) throws(CatalogError) -> Entry {
        do throws(CatalogError) {
            return try CatalogJSON.decode(Entry.self, from: json)
        } catch {
            let subject = id.map { "\($0.visiblyEscaped): " } ?? ""
            throw CatalogError(.invalid, "\(subject)\(error.message); run catalog repair")
        }
    }
}
