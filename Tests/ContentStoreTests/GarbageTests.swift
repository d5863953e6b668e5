import ArtifactTypes
import ContentStore
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Garbage, removal")
struct GarbageTests {
    @Test("after remove and collection nothing of an item is left, and what another shares stays")
    func removal() async throws {
        let fixture = try StoreFixture()
        let first = try await fixture.publish("a/b-c", ["f": "shared", "g": "own"])
        let second = try await fixture.publish("a-b/c", ["f": "shared"])
        try await fixture.store.remove(first)
        try fixture.store.settle(first)
        try fixture.store.settle(second)
        #expect(!exists(fixture.store.treePath(first)))

        let dry = try await fixture.store.collectGarbage(GarbagePolicy(dryRun: true))
        #expect(fixture.files("blobs").count == 2)
        let report = try await fixture.store.collectGarbage()
        #expect(report.items == dry.items)
        #expect(report.items.map(\.bytes) == [3])
        #expect(report.freedBytes == 3)
        #expect(text(fixture.path(second, "f")) == "shared")
        #expect(fixture.files("blobs").count == 1)

        try await fixture.store.remove(second)
        try fixture.store.settle(second)
        _ = try await fixture.store.collectGarbage()
        for folder in ["blobs", "models", "staging"] { #expect(fixture.files(folder).isEmpty, "\(folder)") }
    }

    @Test("removing an id that climbs, or is not there, touches nothing")
    func climbing() async throws {
        let fixture = try StoreFixture()
        try await fixture.publish("a/b", ["f": "1"])
        let before = fixture.names("")
        for id in ["..", "../..", "../models/a--b", "", "/", "nothing/there", "\0"] {
            try await fixture.store.remove(StoreItem(kind: .model, id: id))
        }
        #expect(fixture.names("") == before)
    }

    @Test("nothing is removed through a link that leads out of the store")
    func links() async throws {
        let fixture = try StoreFixture()
        let outside = try fixture.directory.write("precious".utf8, to: "outside/artifact.json")
        let folder = outside.removingLastComponent()
        // As an item's tree: the link goes, not what it leads to.
        symlink(folder.string, fixture.store.root.appending("models/a--b").string)
        try await fixture.store.remove(StoreItem(kind: .model, id: "a/b"))
        #expect(!exists(fixture.store.root.appending("models/a--b")))
        // As the folder of all models: refused.
        rmdir(fixture.store.root.appending("models").string)
        symlink(fixture.directory.path.string, fixture.store.root.appending("models").string)
        let code = await storeError { try await fixture.store.remove(StoreItem(kind: .model, id: "outside")) }
        #expect(code == .unsafe)
        #expect(text(outside) == "precious")
    }

    @Test("what a running job holds is not collected, and all of a dead one's is")
    func runningJob() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let digest = try #require(sha256("unfinished"))
        let (part, journal) = store.partial(named: ContentStore.partialName(digest: digest))
        try await store.withTree(job: "running") { tree in
            let stored = try await fixture.blob("stored")
            try await tree.link(blob: stored, at: RelativePath("f"))
            try await store.withLock(.blob(digest), deadline: .zero) {
                try put("unfin", at: part)
                try put("{}", at: journal)
                #expect(try await store.collectGarbage().items.isEmpty)
            }
            #expect(exists(part) && exists(journal) && store.hasBlob(stored))
        }
        // The job is gone without publishing.
        let report = try await store.collectGarbage()
        #expect(report.items.map(\.kind) == [.partial, .partial, .blob])
        #expect(fixture.files("blobs").isEmpty && fixture.files("staging").isEmpty)
    }

    @Test("a blob that was collected while a tree held it is a blob again once that is published")
    func collectedMeanwhile() async throws {
        let fixture = try StoreFixture()
        let item = StoreItem(kind: .model, id: "a/b")
        let digest = try await fixture.blob("x")
        try await fixture.store.withTree(job: "slow") { tree in
            try await tree.link(blob: digest, at: RelativePath("f"))
            try fixture.store.discardBlob(digest)
            try await fixture.store.publish(tree, as: item, entry: .null, resolution: .null)
        }
        #expect(fixture.store.hasBlob(digest, size: 1))
    }

    @Test("the dead tree of a job, however deep and unwritable, is collected")
    func deadTree() async throws {
        let fixture = try StoreFixture()
        var tree: StagedTree? = try await fixture.store.makeTree(job: "dead")
        var folder = try #require(tree).root
        for level in 0..<300 {
            folder.append("level\(level)")
            mkdir(folder.string, 0o700)
        }
        try put("x", at: folder.appending("x"))
        chmod(folder.string, 0o500)
        let name = folder.appending("not-\u{fffd}").string
        mkdir(name, 0)
        tree = nil
        let report = try await fixture.store.collectGarbage()
        #expect(report.items.map(\.kind) == [.tree])
        #expect(fixture.names("staging/trees").isEmpty)
    }

    @Test("what is younger than asked for stays")
    func olderThan() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.blob("x")
        #expect(try await fixture.store.collectGarbage(GarbagePolicy(olderThan: .seconds(3600))).items.isEmpty)
        #expect(try await fixture.store.collectGarbage(GarbagePolicy(olderThan: .zero)).items.count == 1)
    }

    @Test("a kept source stays while it is of use, and its lock while it is used")
    func sources() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        try await store.withSource("https://host/repo") { folder in
            try put("objects", at: folder.appending("pack"))
            let now = GarbagePolicy(olderThan: nil, sourcesUnusedFor: .seconds(-1))
            #expect(try await store.collectGarbage(now).items.isEmpty)
        }
        #expect(try await store.collectGarbage().items.isEmpty)
        let report = try await store.collectGarbage(GarbagePolicy(sourcesUnusedFor: .seconds(-1)))
        #expect(report.items.map(\.kind) == [.source])
        #expect(report.freedBytes == 7)
    }

    @Test("what an item without a readable sidecar uses is kept")
    func brokenItem() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["f": "1"])
        try overwrite(fixture.path(item, Sidecar.fileName), "garbage")
        let report = try await fixture.store.collectGarbage()
        #expect(report.items.isEmpty)
        #expect(report.broken.count == 1)
        #expect(fixture.files("blobs").count == 1)
    }
}
