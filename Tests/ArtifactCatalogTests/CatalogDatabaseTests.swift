import ArtifactCatalog
import ArtifactTypes
import Foundation
import GRDB
import ModelCatalog
import SystemPackage
import TestSupport
import Testing
import WorkerCatalog

@Suite("The catalog's database")
struct CatalogDatabaseTests {
    let directory: TemporaryDirectory
    let path: FilePath

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path.appending("catalog.sqlite")
    }

    @Test("is written with synchronous FULL, also when opened again")
    func synchronous() throws {
        #expect(try CatalogDatabase(path: path).synchronousLevel() == 2)
        #expect(try CatalogDatabase(path: path).synchronousLevel() == 2)
    }

    @Test("keeps models and workers apart and over a restart")
    func restart() throws {
        do {
            let database = try CatalogDatabase(path: path)
            try ModelCatalog(database).add(model("same"))
        }
        let database = try CatalogDatabase(path: path)
        #expect(try ModelCatalog(database).contains("same"))
        #expect(try !WorkerCatalog(database).contains("same"))
        #expect(database.setAside == nil)
        #expect(try database.problems().isEmpty)
    }

    @Test("loses no change of eight writers on two connections")
    func concurrentWriters() async throws {
        let databases = [try CatalogDatabase(path: path), try CatalogDatabase(path: path)]
        try ModelCatalog(databases[0]).add(model("shared", size: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                let catalog = ModelCatalog(databases[writer % 2])
                group.addTask {
                    for number in 0..<10 {
                        try catalog.add(model("w\(writer)/\(number)"))
                        try catalog.update("shared") { $0.size += 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        let entries = try ModelCatalog(databases[1]).list()
        #expect(entries.count == 81)
        #expect(entries.first { $0.id == "shared" }?.size == 80)
    }

    @Test("is made once by eight that open it at the same time")
    func concurrentOpening() async throws {
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { try ModelCatalog(CatalogDatabase(path: path)).add(model("\(number)")) }
            }
            try await group.waitForAll()
        }
        #expect(try ModelCatalog(CatalogDatabase(path: path)).list().count == 8)
    }

    @Test("is moved aside and begun anew where it is no database", arguments: ["zeroed", "text", "truncated"])
    func damagedHeader(damage: String) throws {
        do { try ModelCatalog(CatalogDatabase(path: path)).add(model("a")) }
        var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path.string)))
        switch damage {
        case "zeroed": bytes.replaceSubrange(0..<100, with: [UInt8](repeating: 0, count: 100))
        case "text": bytes = Array("this is no database, but long enough to look like one".utf8)
        default: bytes.removeLast(bytes.count / 2)
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        for suffix in ["-wal", "-shm"] { unlink(path.string + suffix) }

        let database = try CatalogDatabase(path: path)
        let aside = try #require(database.setAside)
        #expect(try Data(contentsOf: URL(fileURLWithPath: aside.string)) == Data(bytes))
        try ModelCatalog(database).add(model("b"))
        #expect(try ModelCatalog(database).list().map(\.id) == ["b"])
        #expect(try CatalogDatabase(path: path).setAside == nil)
    }

    @Test("that was made stays unfilled, over a restart too, until it is said to be filled")
    func unfilled() throws {
        do { #expect(try CatalogDatabase(path: path).isUnfilled) }
        do {
            let database = try CatalogDatabase(path: path)
            #expect(database.isUnfilled)
            try database.markFilled()
        }
        #expect(try !CatalogDatabase(path: path).isUnfilled)
        #expect(unlink(path.string) == 0)
        #expect(try CatalogDatabase(path: path).isUnfilled)
    }

    @Test("with damaged pages is begun anew by the opening that finds them")
    func damagedPages() throws {
        try fill()
        try damagePages()
        let database = try CatalogDatabase(path: path)
        #expect(database.setAside != nil)
        #expect(try ModelCatalog(database).list().isEmpty)
    }

    @Test("that is damaged while it is open fails as such, and is begun anew by the next opening")
    func damagedWhileOpen() throws {
        try fill()
        do {
            let database = try CatalogDatabase(path: path)
            try damagePages()
            #expect { try ModelCatalog(database).list() } throws: { ($0 as? CatalogError)?.code == .damaged }
        }
        // Whole again, but what was read from it meanwhile cannot be relied upon.
        let database = try CatalogDatabase(path: path)
        #expect(database.setAside != nil)
        #expect(try CatalogDatabase(path: path).setAside == nil)
    }

    @Test("lists what a table shows, and JSON, as the entries have it")
    func summaries() throws {
        let catalog = WorkerCatalog(try CatalogDatabase(path: path))
        let fine = WorkerBinary(
            id: "b", name: "w", workerType: .cuda, platform: .linux, path: "/b", size: 2, version: "0.1.0",
            lastAccessed: .now)
        let failed = WorkerBinary(
            id: "a", name: "w", workerType: .cpu, platform: .linux, path: "/a", size: 1,
            status: .failed(error: "no \"luck\""), version: "1")
        for entry in [fine, failed] { try catalog.add(entry) }
        let summaries = try catalog.summaries()
        #expect(summaries.map(\.id) == ["a", "b"])
        #expect(summaries.map(\.detail) == ["cpu 1 linux", "cuda 0.1.0 linux"])
        #expect(summaries.map(\.status) == [failed.status, .available])
        #expect(summaries.map(\.lastAccessed) == [nil, fine.lastAccessed])
        #expect(summaries.map(\.addedAt) == [failed.addedAt, fine.addedAt])
        #expect(try CatalogJSON.decode([WorkerBinary].self, from: catalog.listJSON()) == [failed, fine])
    }

    private func fill() throws {
        let catalog = ModelCatalog(try CatalogDatabase(path: path))
        for number in 0..<100 { try catalog.add(model("id/\(number)")) }
    }

    /// All but the first page, which holds the schema.
    private func damagePages() throws {
        let file = try FileDescriptor.open(path, .readWrite)
        defer { try? file.close() }
        let size = Int(try file.stat().size)
        try file.writeAll(toAbsoluteOffset: 4096, [UInt8](repeating: 0xff, count: size - 4096))
    }

    @Test("of a newer program is left as it is")
    func newer() throws {
        do { try ModelCatalog(CatalogDatabase(path: path)).add(model("a")) }
        do {
            let queue = try DatabaseQueue(path: path.string)
            try queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        }
        #expect { _ = try CatalogDatabase(path: path) } throws: { ($0 as? CatalogError)?.code == .io }
        #expect(exists(path))
    }

    @Test("that cannot be made says where")
    func unwritable() {
        let path = directory.path.appending("no/such/folder/catalog.sqlite")
        #expect { _ = try CatalogDatabase(path: path) } throws: { error in
            (error as? CatalogError)?.code == .io && "\(error)".contains("no/such/folder")
        }
    }

    private func exists(_ path: FilePath) -> Bool { (try? path.stat()) != nil }
}
