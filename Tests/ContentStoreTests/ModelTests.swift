import ArtifactTypes
import ContentStore
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Random orders of the store's operations, against a dictionary.
@Suite("The store against a model of it")
struct ModelTests {
    /// What is published, and which items' rows the catalog has not been told of.
    private struct Model {
        var items: [StoreItem: [String: String]] = [:]
        var pending: Set<StoreItem> = []
    }

    private func files(_ generator: inout SplitMix64) -> [String: String] {
        let names = ["a", "b", "sub/c", "sub/d"].shuffled(using: &generator)
        let count = Int.random(in: 1...4, using: &generator)
        let contents = names.prefix(count).map { ($0, "content \(Int.random(in: 0..<6, using: &generator))") }
        return Dictionary(uniqueKeysWithValues: contents)
    }

    @Test(
        "any order of publishing, replacing, removing, damage, repair, collection and restarts gives what it should",
        arguments: [1, 2, 3, 4] as [UInt64])
    func sequences(seed: UInt64) async throws {
        let fixture = try StoreFixture()
        var store = fixture.store
        var generator = SplitMix64(seed: seed)
        var model = Model()
        for step in 0..<60 {
            let item = StoreItem(kind: .model, id: "org/\(Int.random(in: 0..<4, using: &generator))")
            let known = model.items[item]
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1, 2:
                let files = files(&generator)
                _ = try await fixture.publish(item.id, files)
                model.items[item] = files
                model.pending.insert(item)
            case 3:
                try await store.remove(item)
                if model.items.removeValue(forKey: item) != nil { model.pending.insert(item) }
            case 4:
                _ = try await store.collectGarbage()
                let used = Set(model.items.values.flatMap(\.values)).compactMap { sha256($0)?.hex }
                let blobs = fixture.files("blobs/sha256").compactMap { $0.split(separator: "/").last.map(String.init) }
                #expect(Set(blobs) == Set(used), "step \(step)")
            case 5:
                // A start: what was not settled is told of, once.
                store = try ContentStore(root: store.root)
                var told: Set<StoreItem> = []
                try store.adoptPending { item, sidecar in
                    told.insert(item)
                    #expect((sidecar == nil) == (model.items[item] == nil), "step \(step)")
                }
                #expect(told == model.pending, "step \(step)")
                model.pending = []
            case 6:
                guard let (path, content) = known?.sorted(by: { $0.key < $1.key }).first else { break }
                try overwrite(fixture.path(item, path), "damaged  ")
                #expect(try await !store.verify(item).isSound, "step \(step)")
                let digest = try #require(sha256(content))
                try store.discardBlob(digest)
                _ = try await fixture.blob(content)
                try await store.restore(digest)
            default:
                try store.settle(item)
                model.pending.remove(item)
            }
            for (item, files) in model.items {
                #expect(try await store.verify(item) == Verification(), "step \(step)")
                let sidecar = try #require(try store.sidecar(item), "step \(step)")
                #expect(Set(sidecar.files.map(\.path.string)) == Set(files.keys), "step \(step)")
                for (path, content) in files { #expect(text(fixture.path(item, path)) == content, "step \(step)") }
            }
            let trees = try FileManager.default.contentsOfDirectory(atPath: store.root.appending("models").string)
            #expect(trees.count == model.items.count, "step \(step)")
        }
    }

    @Test("jobs that publish, remove and collect at the same time each leave what they said")
    func atOnce() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        try await withThrowingTaskGroup(of: (StoreItem, [String: String]?).self) { group in
            for worker in 0..<4 as Range<UInt64> {
                group.addTask {
                    var generator = SplitMix64(seed: worker)
                    let item = StoreItem(kind: .model, id: "org/\(worker)")
                    var last: [String: String]?
                    for _ in 0..<12 {
                        if Bool.random(using: &generator) {
                            let files = files(&generator)
                            try await publish(item, files, in: store)
                            last = files
                        } else {
                            try await store.remove(item)
                            last = nil
                        }
                        if worker == 0 { _ = try await store.collectGarbage() }
                    }
                    return (item, last)
                }
            }
            for try await (item, files) in group {
                guard let files else {
                    #expect(try store.sidecar(item) == nil)
                    continue
                }
                #expect(try await store.verify(item).isSound)
                for (path, content) in files { #expect(text(fixture.path(item, path)) == content) }
            }
        }
    }

    /// As a job does it: the tree comes first, so that what is stored for it is not taken for garbage.
    private func publish(_ item: StoreItem, _ files: [String: String], in store: ContentStore) async throws {
        try await store.withTree(job: "job-\(item.id)") { tree in
            for (path, content) in files {
                let digest = try #require(sha256(content))
                let name = ContentStore.partialName(digest: digest)
                try await store.withLock(.partial(name), deadline: .seconds(30)) {
                    if !store.hasBlob(digest) {
                        let part = store.partial(named: name).part
                        try Data(content.utf8).write(to: URL(fileURLWithPath: part.string))
                        try await store.storeBlob(from: part, sha256: digest)
                    }
                    try await tree.link(blob: digest, at: RelativePath(path))
                }
            }
            _ = try await store.publish(tree, as: item, entry: .null, resolution: .null)
        }
    }
}
