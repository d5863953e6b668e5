import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import Testing

@Suite struct GarbagePolicyTests {
    /// `org/one`, `org/two` and `org/three`, last used 30, 20 and 10 days ago, a MiB each.
    private func installationWithThreeModels() async throws -> (Installation, size: Int64) {
        let machine = try Installation()
        var size: Int64 = 0
        for (name, seed) in [("one", 1), ("two", 10), ("three", 100)] as [(String, UInt64)] {
            let files = try machine.addTinyModel("org/\(name)", seed: seed)
            size = Int64(files[0].body.size)
            let outcome = try await machine.run("model", "download", "org/\(name):Q4_K_M")
            try #require(outcome.status == 0, "\(outcome.errors)")
        }
        try age(machine, "one", days: 30)
        try age(machine, "two", days: 20)
        try age(machine, "three", days: 10)
        return (machine, size)
    }

    private func age(_ machine: Installation, _ name: String, days: Int) throws {
        try machine.shell([
            "python3", "-c",
            """
            import sqlite3, sys, time
            d = sqlite3.connect(sys.argv[1])
            t = time.time() - 86400 * int(sys.argv[3])
            text = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(int(t)))
            d.execute("UPDATE models SET last_accessed = ?, entry = json_set(entry, '$.lastAccessed', ?) WHERE id = ?",
                (int(t) * 1000, text, sys.argv[2]))
            d.commit()
            """, machine.store.appending("catalog.sqlite").string, "hf:org/\(name):Q4_K_M", "\(days)",
        ])
    }

    private func models(_ machine: Installation) async throws -> [String] {
        let list = try await machine.run("model", "list", "--json").json().arrayValue ?? []
        return list.compactMap { $0["id"]?.stringValue }.map { String($0.dropFirst(7).dropLast(7)) }
    }

    @Test("models not used for so long go with their blobs, and a dry run says so first")
    func olderThan() async throws {
        let (machine, size) = try await installationWithThreeModels()
        let plan = try await machine.run("gc", "--older-than", "15d", "--dry-run", "--json").json()
        #expect(plan["freedBytes"] == .integer(2 * size))
        let items = plan["items"]?.arrayValue ?? []
        #expect(
            items.filter { $0["kind"] == .string("model") }.map { $0["bytes"] } == [.integer(size), .integer(size)])
        let owners = items.filter { $0["kind"] == .string("blob") }.compactMap { $0["artifact"]?.stringValue }
        #expect(owners.sorted() == ["hf:org/one:Q4_K_M", "hf:org/two:Q4_K_M"])
        let text = try await machine.run("gc", "--older-than", "15d", "--dry-run").output
        #expect(text.split(separator: "\n").count == 2, "\(text)")
        #expect(try await models(machine) == ["one", "three", "two"])
        let done = try await machine.run("gc", "--older-than", "15d", "--json").json()
        #expect(done == plan)
        #expect(try await models(machine) == ["three"])
        #expect(try machine.storedFiles().filter { $0.hasPrefix("blobs/") }.count == 1)
        #expect(try await machine.run("catalog", "verify").status == 0)
    }

    @Test("the least recently used models go until the blobs fit, and a model that was just used stays")
    func maximumSize() async throws {
        let (machine, size) = try await installationWithThreeModels()
        #expect(try await machine.run("model", "path", "org/one:Q4_K_M").status == 0)
        #expect(try await machine.run("gc", "--max-size", "\(2 * size)").status == 0)
        #expect(try await models(machine) == ["one", "three"])
        #expect(try await machine.run("gc", "--max-size", "1G").status == 0)
        #expect(try await models(machine) == ["one", "three"])
        #expect(try await machine.run("gc", "--max-size", "0").status == 0)
        #expect(try machine.storedFiles() == [])
    }

    @Test("a model whose blobs another one has too stays if that one stays, since removing it alone would free nothing")
    func sharedBlobs() async throws {
        let (machine, size) = try await installationWithThreeModels()
        try machine.hub.addModel("org/copy", files: try machine.addTinyModel("org/one", seed: 1))
        #expect(try await machine.run("model", "download", "org/copy:Q4_K_M").status == 0)
        #expect(try await machine.run("gc", "--max-size", "\(2 * size)").status == 0)
        #expect(try await models(machine) == ["copy", "one", "three"])
        #expect(try await machine.run("gc", "--max-size", "1k").status == 0)
        #expect(try machine.storedFiles() == [])
    }

    @Test("a pinned model stays, through repair and a forced download too, until it is unpinned or removed by name")
    func pinned() async throws {
        let (machine, _) = try await installationWithThreeModels()
        #expect(try await machine.run("model", "pin", "org/one:Q4_K_M").output == "hf:org/one:Q4_K_M\n")
        #expect(try await machine.run("model", "list").output.contains("(pinned)"))
        try FileManager.default.removeItem(atPath: machine.store.appending("catalog.sqlite").string)
        #expect(try await machine.run("catalog", "repair").status == 0)
        #expect(try await machine.run("model", "download", "org/one:Q4_K_M", "--force").status == 0)
        let shown = try await machine.run("model", "show", "org/one:Q4_K_M", "--json").json()
        #expect(shown["pinned"] == .bool(true))
        #expect(try await machine.run("gc", "--max-size", "0", "--older-than", "0s").status == 0)
        #expect(try await models(machine) == ["one"])
        #expect(try await machine.run("model", "unpin", "org/one:Q4_K_M").status == 0)
        #expect(try await machine.run("gc", "--max-size", "0").status == 0)
        #expect(try machine.storedFiles() == [])

        #expect(try await machine.run("model", "download", "org/one:Q4_K_M").status == 0)
        #expect(try await machine.run("model", "pin", "org/one:Q4_K_M").status == 0)
        #expect(try await machine.run("model", "remove", "org/one:Q4_K_M").status == 0)
        #expect(try await machine.run("gc").status == 0)
        #expect(try machine.storedFiles() == [])
    }

    @Test("what a running job is at work on stays")
    func running() async throws {
        let (machine, _) = try await installationWithThreeModels()
        machine.hub.setFault(Fault(.stall(after: 1000), times: 1), on: "/cdn/")
        let program = try machine.start(["model", "download", "org/one:Q4_K_M", "--force"])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        #expect(try await machine.run("gc", "--older-than", "1d").status == 0)
        #expect(try await models(machine) == ["one"])
        machine.hub.releaseStalls()
        #expect(try await program.outcome().status == 0)
        #expect(try await machine.run("catalog", "verify").status == 0)
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test(
        "an age or size that is none is refused with 64", arguments: [["--older-than", "30"], ["--max-size", "big"]])
    func usage(arguments: [String]) async throws {
        let machine = try Installation()
        #expect(try await machine.start(["gc"] + arguments).outcome().status == 64)
    }
}
