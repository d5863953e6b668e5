import ArtifactCatalog
import ArtifactTypes
import Foundation
import GRDB
import ModelCatalog
import SystemPackage
import TestSupport
import Testing
import WorkerCatalog

/// Files that earlier versions have made: each schema that there ever was, as SQL.
@Suite("A catalog of an earlier version")
struct SchemaTests {
    /// `NAME.sql` in Fixtures, in the order of their making.
    static let schemas = ["1-without-columns", "1"]

    @Test("is opened with all of its rows, and shown as if they were added now", arguments: schemas)
    func earlier(name: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("catalog.sqlite")
        let fixture = FilePath(#filePath).removingLastComponent().appending("Fixtures/\(name).sql")
        do {
            let queue = try DatabaseQueue(path: path.string)
            let sql = try String(contentsOfFile: fixture.string, encoding: .utf8)
            try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        }
        let database = try CatalogDatabase(path: path)
        #expect(database.isMigrated)
        #expect(database.setAside == nil)
        let (models, workers) = (ModelCatalog(database), WorkerCatalog(database))
        try models.refresh()
        try workers.refresh()

        let model = try #require(try models.get("hf:org/tiny:Q4_K_M"))
        #expect(model.config.architecture == "llama")
        #expect(!model.pinned)
        let summaries = try models.summaries()
        #expect(summaries.map(\.id) == ["hf:org/broken", "hf:org/tiny:Q4_K_M"])
        #expect(summaries.map(\.detail) == [nil, "llama Q4_K_M"])
        #expect(summaries.map(\.status) == [.failed(error: "no"), .available])
        #expect(summaries.map(\.size) == [5, 1_004_992])
        #expect(summaries[1].lastAccessed == Timestamp(milliseconds: 1_764_000_060_000))
        #expect(try workers.summaries().map(\.detail) == ["cpu 0.1.0 linux"])

        try models.touch(model.id, at: Timestamp(milliseconds: 7))
        try models.add(model)
        #expect(try database.problems() == [])
        let again = try CatalogDatabase(path: path)
        #expect(!again.isMigrated)
        #expect(try ModelCatalog(again).list().count == 2)
    }
}
