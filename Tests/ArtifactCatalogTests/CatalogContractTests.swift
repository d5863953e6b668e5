import ArtifactCatalog
import ArtifactTypes
import ModelCatalog
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerCatalog

/// The simplest thing that keeps the contract, to hold the suite itself to it.
final class MemoryCatalog: Catalog {
    private let entries = Mutex<[String: ModelEntry]>([:])

    func add(_ entry: ModelEntry) { entries.withLock { $0[entry.id] = entry } }
    func get(_ id: String) -> ModelEntry? { entries.withLock { $0[id] } }
    func list() -> [ModelEntry] { entries.withLock { $0.values.sorted { $0.id < $1.id } } }
    func remove(_ id: String) -> Bool { entries.withLock { $0.removeValue(forKey: id) != nil } }
    func contains(_ id: String) -> Bool { get(id) != nil }
    func update(_ id: String, _ change: (inout ModelEntry) -> Void) throws(CatalogError) -> ModelEntry {
        let outcome: Result<ModelEntry, CatalogError> = entries.withLock { entries in
            guard var entry = entries[id] else { return .failure(CatalogError(.notFound, id)) }
            change(&entry)
            guard entry.id == id else { return .failure(CatalogError(.invalid, id)) }
            entries[id] = entry
            return .success(entry)
        }
        return try outcome.get()
    }
    func touch(_ id: String, at time: Timestamp) { entries.withLock { $0[id]?.lastAccessed = time } }
}

/// A catalog under test and the folder that it lies in.
struct CatalogUnderTest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (TemporaryDirectory) throws -> any Catalog<ModelEntry>

    static let all = [
        CatalogUnderTest(testDescription: "memory") { _ in MemoryCatalog() },
        CatalogUnderTest(testDescription: "SQLite") { directory in
            ModelCatalog(try CatalogDatabase(path: directory.path.appending("catalog.sqlite")))
        },
    ]
}

func model(_ id: String, size: Int64 = 1) -> ModelEntry {
    ModelEntry(
        id: id, name: "name", source: .huggingFace, path: "/store/\(id)", size: size,
        addedAt: Timestamp(milliseconds: 1_700_000_000_000))
}

@Suite("Every catalog")
struct CatalogContractTests {
    @Test("gives back what was added, in the order of ids", arguments: CatalogUnderTest.all)
    func addAndList(_ implementation: CatalogUnderTest) throws {
        let directory = try TemporaryDirectory()
        let catalog = try implementation.make(directory)
        #expect(try catalog.list().isEmpty)
        let entries = ["b/b", "a/a", "a'; DROP TABLE models; --", "ä/ö:\u{1f}"].map { model($0) }
        for entry in entries { try catalog.add(entry) }
        #expect(try catalog.list().map(\.id) == entries.map(\.id).sorted())
        for entry in entries { #expect(try catalog.get(entry.id) == entry) }
        #expect(try catalog.contains("a/a"))
        #expect(try !catalog.contains("a/A"))
        #expect(try catalog.get("none") == nil)
    }

    @Test("replaces an entry of the same id", arguments: CatalogUnderTest.all)
    func upsert(_ implementation: CatalogUnderTest) throws {
        let directory = try TemporaryDirectory()
        let catalog = try implementation.make(directory)
        try catalog.add(model("a/a", size: 1))
        try catalog.add(model("a/a", size: 2))
        #expect(try catalog.list().map(\.size) == [2])
    }

    @Test("removes an entry once", arguments: CatalogUnderTest.all)
    func remove(_ implementation: CatalogUnderTest) throws {
        let directory = try TemporaryDirectory()
        let catalog = try implementation.make(directory)
        try catalog.add(model("a/a"))
        #expect(try catalog.remove("a/a"))
        #expect(try !catalog.remove("a/a"))
        #expect(try catalog.list().isEmpty)
    }

    @Test("changes an entry, but neither its id nor one that is not there", arguments: CatalogUnderTest.all)
    func update(_ implementation: CatalogUnderTest) throws {
        let directory = try TemporaryDirectory()
        let catalog = try implementation.make(directory)
        try catalog.add(model("a/a"))
        let changed = try catalog.update("a/a") { $0.status = .failed(error: "bit rot") }
        #expect(changed.status == .failed(error: "bit rot"))
        #expect(try catalog.get("a/a") == changed)
        #expect { try catalog.update("b/b") { _ in } } throws: { ($0 as? CatalogError)?.code == .notFound }
        #expect { try catalog.update("a/a") { $0.id = "c" } } throws: { ($0 as? CatalogError)?.code == .invalid }
        #expect(try catalog.list() == [changed])
    }

    @Test("notes when an entry was used", arguments: CatalogUnderTest.all)
    func touch(_ implementation: CatalogUnderTest) throws {
        let directory = try TemporaryDirectory()
        let catalog = try implementation.make(directory)
        try catalog.add(model("a/a"))
        let time = Timestamp(milliseconds: 1_700_000_001_234)
        try catalog.touch("a/a", at: time)
        try catalog.touch("none", at: time)
        var expected = model("a/a")
        expected.lastAccessed = time
        #expect(try catalog.list() == [expected])
    }
}
