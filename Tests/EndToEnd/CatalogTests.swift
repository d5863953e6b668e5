import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct CatalogTests {
    private static let id = "hf:org/tiny:Q4_K_M"

    private func installationWithModel() async throws -> Installation {
        let machine = try Installation()
        try machine.addTinyModel()
        let download = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        try #require(download.status == 0, "\(download.errors)")
        return machine
    }

    private func tree(_ machine: Installation) throws -> FilePath {
        let models = machine.store.appending("models")
        let names = try FileManager.default.contentsOfDirectory(atPath: models.string)
        return models.appending(try #require(names.first))
    }

    private func sql(_ machine: Installation, _ statement: String) throws {
        try machine.shell([
            "python3", "-c",
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()",
            machine.store.appending("catalog.sqlite").string, statement,
        ])
    }

    /// `catalog verify` names what is wrong, `catalog repair` mends it, and then nothing is wrong.
    private func expectMended(_ machine: Installation, kind: String, subject: String = id) async throws {
        let found = try await machine.run("catalog", "verify", "--json")
        #expect(found.status == 65, "\(found.output) \(found.errors)")
        let problems = try found.json().arrayValue ?? []
        #expect(problems.map { $0["kind"] } == [.string(kind)], "\(found.output)")
        #expect(problems.first?["subject"]?.stringValue?.contains(subject) ?? false, "\(found.output)")
        #expect(problems.first?["remedy"]?.stringValue?.contains("rbee-hive") ?? false)
        let repaired = try await machine.run("catalog", "repair")
        #expect(repaired.status == 0, "\(repaired.output) \(repaired.errors)")
        #expect(repaired.output.contains("mended: "))
        let clean = try await machine.run("catalog", "verify")
        #expect(clean.status == 0, "\(clean.output)")
        #expect(clean.output == "")
    }

    @Test("a tree without a row is named and adopted, with all that its row said")
    func lostRow() async throws {
        let machine = try await installationWithModel()
        let before = try await machine.run("catalog", "export").output
        try sql(machine, "DELETE FROM models")
        try await expectMended(machine, kind: "tree")
        #expect(try await machine.run("catalog", "export").output == before)
    }

    @Test("a row that is no entry, or another one, is made anew")
    func damagedRow() async throws {
        let machine = try await installationWithModel()
        try sql(machine, "UPDATE models SET entry = '{}'")
        try await expectMended(machine, kind: "row")
        try sql(machine, "UPDATE models SET entry = json_set(entry, '$.size', 7)")
        try await expectMended(machine, kind: "row")
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("a row without files is named and goes")
    func lostTree() async throws {
        let machine = try await installationWithModel()
        try FileManager.default.removeItem(atPath: try tree(machine).string)
        try await expectMended(machine, kind: "row")
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    @Test("a damaged artifact.json is made anew from the row and the blobs, and the model can still be repaired")
    func damagedSidecar() async throws {
        let machine = try await installationWithModel()
        let sidecar = try tree(machine).appending("artifact.json")
        try FileManager.default.removeItem(atPath: sidecar.string)
        try Data("{".utf8).write(to: URL(fileURLWithPath: sidecar.string))
        try await expectMended(machine, kind: "sidecar")
        machine.hub.forgetRequests()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(machine.payloadRequests.isEmpty)
        let path = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await machine.run("model", "verify", "--repair").status == 0)
    }

    @Test("an artifact.json that nothing can replace is named, and the rest is mended")
    func lostSidecarAndRow() async throws {
        let machine = try await installationWithModel()
        let tree = try tree(machine)
        try FileManager.default.removeItem(atPath: tree.appending("artifact.json").string)
        try sql(machine, "DELETE FROM models")
        let repaired = try await machine.run("catalog", "repair")
        #expect(repaired.status == 65)
        #expect(repaired.output.contains(tree.string))
        #expect(try await machine.run("gc").status == 0)
        #expect(FileManager.default.fileExists(atPath: tree.string))
    }

    @Test("a missing or short file is named with the command that brings it back")
    func lostFile() async throws {
        let machine = try await installationWithModel()
        let path = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        chmod(path, 0o600)
        try FileHandle(forUpdating: URL(fileURLWithPath: path)).truncate(atOffset: 100)
        let found = try await machine.run("catalog", "verify")
        #expect(found.status == 65)
        #expect(found.output.contains("tiny-Q4_K_M.gguf"))
        #expect(found.output.contains("rbee-hive model verify \(Self.id) --repair"))
        #expect(try await machine.run("catalog", "repair").status == 65)
        #expect(try await machine.run("model", "verify", Self.id, "--repair").status == 0)
        #expect(try await machine.run("catalog", "verify").status == 0)
    }

    @Test("a database whose header is zeroed is moved aside, said so, and holds the same rows again")
    func zeroedDatabase() async throws {
        let machine = try await installationWithModel()
        let before = try await machine.run("catalog", "export").output
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: machine.store.appending("catalog.sqlite").string))
        try file.write(contentsOf: Data(count: 100))
        try file.close()
        let found = try await machine.run("catalog", "verify")
        #expect(found.status == 65)
        #expect(found.output.contains("catalog.sqlite.damaged-"))
        #expect(try await machine.run("catalog", "verify").status == 0)
        #expect(try await machine.run("catalog", "export").output == before)
    }

    @Test("a database that is gone is said to be, and holds the same rows again; an empty store says nothing")
    func lostDatabase() async throws {
        let machine = try Installation()
        #expect(try await machine.run("model", "list").errors.contains("lost") == false)
        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        let before = try await machine.run("catalog", "export")
        #expect(!before.errors.contains("lost"))
        try FileManager.default.removeItem(atPath: machine.store.appending("catalog.sqlite").string)
        let after = try await machine.run("catalog", "export")
        #expect(after.output == before.output)
        #expect(after.errors.contains("the catalog was lost"))
        try FileManager.default.removeItem(atPath: machine.store.appending("catalog.sqlite").string)
        let quiet = try await machine.run("model", "list", "--quiet")
        #expect(quiet.output.contains(Self.id))
        #expect(quiet.errors == "")
        #expect(try await machine.run("model", "verify").errors.contains("is intact"))
        #expect(try await machine.run("catalog", "verify").status == 0)
    }

    @Test("damage that only a look through the whole database finds is named, and repaired from the sidecars")
    func inconsistentDatabase() async throws {
        let machine = try await installationWithModel()
        let before = try await machine.run("catalog", "export").output
        // An index that orders by another column than it says: no page of the file is damaged.
        try machine.shell([
            "python3", "-c",
            """
            import sqlite3, sys
            d = sqlite3.connect(sys.argv[1])
            d.execute("CREATE INDEX extra ON models (size)")
            d.execute("PRAGMA writable_schema = ON")
            d.execute("UPDATE sqlite_schema SET sql = 'CREATE INDEX extra ON models (added_at)' WHERE name = 'extra'")
            d.commit()
            """, machine.store.appending("catalog.sqlite").string,
        ])
        let found = try await machine.run("catalog", "verify")
        #expect(found.status == 65)
        #expect(found.output.contains("catalog.sqlite"))
        #expect(try await machine.run("catalog", "repair").status == 0)
        #expect(try await machine.run("catalog", "verify").status == 0)
        #expect(try await machine.run("catalog", "export").output == before)
    }

    @Test("statistics count a blob that two models share once")
    func statistics() async throws {
        let machine = try Installation()
        let files = try machine.addTinyModel()
        try machine.hub.addModel("org/copy", files: files)
        for name in ["org/tiny:Q4_K_M", "org/copy:Q4_K_M"] {
            #expect(try await machine.run("model", "download", name).status == 0)
        }
        let size = Int64(files[0].body.size)
        // One mirror, one interrupted download, of several files each.
        for file in ["sources/git/x.git/HEAD", "sources/git/x.git/config", "staging/partials/x.part"] {
            try machine.folder.write([1], to: "store/\(file)")
        }
        try machine.folder.write([1], to: "store/staging/partials/x.journal")
        let shown = try await machine.run("catalog", "stats", "--json").json()
        #expect(shown["sources"] == .object(["count": .integer(1), "bytes": .integer(2)]))
        #expect(shown["staging"] == .object(["count": .integer(1), "bytes": .integer(2)]))
        #expect(shown["models"] == .object(["count": .integer(2), "bytes": .integer(2 * size)]))
        #expect(shown["blobs"] == .object(["count": .integer(1), "bytes": .integer(size)]))
        #expect(shown["sharedBytes"] == .integer(size))
        #expect(shown["vendors"]?["hf"]?["count"] == .integer(2))
        #expect(try await machine.run("catalog", "stats").output.contains("from hf"))
    }
}
