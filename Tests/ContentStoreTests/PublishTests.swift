import ArtifactTypes
import ContentStore
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Publishing")
struct PublishTests {
    @Test("a published tree has its files under their real names, its blobs and its sidecar")
    func publish() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("hf:org/name", ["model.gguf": "weights", "sub/readme.md": "words"])
        #expect(text(fixture.path(item, "model.gguf")) == "weights")
        #expect(text(fixture.path(item, "sub/readme.md")) == "words")
        let sidecar = try #require(try fixture.store.sidecar(item))
        #expect(sidecar.files.map(\.path.string) == ["model.gguf", "sub/readme.md"])
        #expect(sidecar.entry["id"]?.stringValue == "hf:org/name")
        #expect(sidecar.size == 12)
        #expect(try fixture.path(item, "model.gguf").stat().permissions == FilePermissions(rawValue: 0o444))
        #expect(try fixture.path(item, "model.gguf").stat().linkCount == 2)
        #expect(fixture.names("staging/trees").isEmpty)
        #expect(try fixture.store.root.stat().permissions == FilePermissions(rawValue: 0o700))
    }

    @Test("until it is settled a published item is pending, and afterwards no more")
    func pending() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["f": "1"])
        var adopted: [String] = []
        try fixture.store.adoptPending { item, sidecar in adopted.append("\(item.id) \(sidecar != nil)") }
        try fixture.store.adoptPending { item, _ in adopted.append("again \(item.id)") }
        #expect(adopted == ["a/b true"])
        try await fixture.store.remove(item)
        try fixture.store.adoptPending { item, sidecar in adopted.append("\(item.id) \(sidecar != nil)") }
        #expect(adopted == ["a/b true", "a/b false"])
    }

    @Test("an item that a living job holds is not adopted, and a marker cut short is dropped")
    func pendingOfOthers() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["f": "1"])
        try Data("{\"ki".utf8).write(
            to: URL(fileURLWithPath: fixture.store.root.appending("staging/pending/model-x").string))
        var adopted: [StoreItem] = []
        try await fixture.store.withLock(.item(item), deadline: .zero) {
            try fixture.store.adoptPending { item, _ in adopted.append(item) }
        }
        #expect(adopted.isEmpty)
        #expect(fixture.names("staging/pending") == ["model-a--b"])
    }

    @Test("what adopts and fails stays pending")
    func failedAdoption() async throws {
        struct Refused: Error {}
        let fixture = try StoreFixture()
        try await fixture.publish("a/b", ["f": "1"])
        #expect(throws: Refused.self) { try fixture.store.adoptPending { _, _ in throw Refused() } }
        var adopted = 0
        try fixture.store.adoptPending { _, _ in adopted += 1 }
        #expect(adopted == 1)
    }

    @Test("a replaced tree is at every moment the old or the new one, whole")
    func replace() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["one": "0", "two": "0"])
        let store = fixture.store
        let reader = Task.detached {
            var torn = 0
            var reads = 0
            while !Task.isCancelled || reads == 0 {
                // One folder, opened once, is one tree: read through its descriptor.
                guard let folder = try? FileDescriptor.open(store.treePath(item), .readOnly, options: .directory) else {
                    torn += 1
                    continue
                }
                let base = FilePath("/proc/self/fd/\(folder.rawValue)")
                let pair = (text(base.appending("one")), text(base.appending("two")))
                // A tree that was exchanged away may be half removed by now, never half written.
                if let one = pair.0, let two = pair.1, one != two { torn += 1 }
                reads += 1
                try? folder.close()
            }
            return torn
        }
        for version in 1...20 {
            try await fixture.publish("a/b", ["one": "\(version)", "two": "\(version)"])
        }
        reader.cancel()
        #expect(await reader.value == 0)
        #expect(text(fixture.path(item, "one")) == "20")
        #expect(fixture.names("staging/trees").isEmpty)
    }

    @Test("files that were put there directly are hashed, and their modes cleaned")
    func scan() async throws {
        let fixture = try StoreFixture()
        let item = StoreItem(kind: .worker, id: "w-cpu-1-linux")
        try await fixture.store.withTree(job: "build") { tree in
            try put("program", at: tree.root.appending("bin/w"), mode: 0o6775)
            try put("log", at: tree.root.appending("build.log"), mode: 0o600)
            symlink("w", tree.root.appending("bin/alias").string)
            try await tree.scan()
            try await fixture.store.publish(tree, as: item, entry: .null, resolution: .null)
        }
        let sidecar = try #require(try fixture.store.sidecar(item))
        #expect(sidecar.files.map(\.path.string) == ["bin/w", "build.log"])
        #expect(sidecar.files.map(\.executable) == [true, false])
        #expect(sidecar.files.first?.digest == sha256("program"))
        #expect(sidecar.links == [SidecarLink(path: try RelativePath("bin/alias"), target: "w")])
        #expect(try fixture.path(item, "bin/w").stat().permissions == FilePermissions(rawValue: 0o555))
        #expect(try await fixture.store.verify(item) == Verification())
    }

    @Test("many files are taken in as one is")
    func scanMany() async throws {
        let fixture = try StoreFixture()
        try await fixture.store.withTree(job: "many") { tree in
            for number in 0..<200 { try put("\(number)", at: tree.root.appending("d\(number % 7)/f\(number)")) }
            let files = try await tree.scan()
            #expect(files.count == 200)
            #expect(tree.files.allSatisfy { !$0.blob })
        }
    }

    @Test(
        "a tree with a hostile entry is refused by name",
        arguments: ["absolute", "climbing", "chained", "climbing later", "loop", "fifo", "control"])
    func hostile(entry: String) async throws {
        let fixture = try StoreFixture()
        try await fixture.store.withTree(job: "hostile") { tree in
            let root = tree.root
            try put("x", at: root.appending("folder/x"))
            switch entry {
            case "absolute": symlink("/etc/passwd", root.appending("bad").string)
            case "climbing": symlink("../../partials", root.appending("bad").string)
            case "chained":
                // Stays below the root as a text, and leaves it through the other link.
                symlink(".", root.appending("folder/here").string)
                symlink("folder/here/../..", root.appending("bad").string)
            case "climbing later": symlink("nothing/../../partials/none", root.appending("bad").string)
            case "loop": symlink("bad", root.appending("bad").string)
            case "fifo": mkfifo(root.appending("bad").string, 0o600)
            default: try put("x", at: root.appending("bad\u{1b}[2J"))
            }
            do throws(StoreError) {
                try await tree.scan()
                Issue.record("a hostile entry was taken in")
            } catch {
                #expect(error.code == .unsafe)
                #expect(error.message.contains("bad"))
                #expect(!error.message.contains("\u{1b}"))
            }
        }
    }

    @Test("paths that collide on a file system that folds case or forms are refused")
    func collisions() async throws {
        let fixture = try StoreFixture()
        let digest = try await fixture.blob("x")
        try await fixture.store.withTree(job: "case") { tree in
            try await tree.link(blob: digest, at: RelativePath("Model.gguf"))
            try await tree.link(blob: digest, at: RelativePath("caf\u{e9}"))
            for path in ["model.GGUF", "cafe\u{301}", "model.gguf/below", "artifact.json", "Artifact.json"] {
                let code = await storeError { try await tree.link(blob: digest, at: RelativePath(path)) }
                #expect(code == .unsafe, "\(path)")
            }
        }
    }

    @Test("a tree with a file that nobody took in is not published")
    func stranger() async throws {
        let fixture = try StoreFixture()
        let item = StoreItem(kind: .model, id: "a/b")
        let code = await storeError {
            try await fixture.store.withTree(job: "stranger") { tree in
                try put("x", at: tree.root.appending("stray"))
                try await fixture.store.publish(tree, as: item, entry: .null, resolution: .null)
            }
        }
        #expect(code == .unsafe)
        #expect(!exists(fixture.store.treePath(item)))
        #expect(fixture.names("staging/pending").isEmpty)
    }

    @Test("a link of a blob that is missing can be tried again")
    func retryLink() async throws {
        let fixture = try StoreFixture()
        let digest = try #require(sha256("later"))
        try await fixture.store.withTree(job: "retry") { tree in
            #expect(await storeError { try await tree.link(blob: digest, at: RelativePath("f")) } == .corrupt)
            _ = try await fixture.blob("later")
            try await tree.link(blob: digest, at: RelativePath("f"), executable: true)
            #expect(try tree.path(RelativePath("f")).stat().permissions == FilePermissions(rawValue: 0o555))
        }
    }

    @Test("a sidecar from the disk is believed in nothing that is unsafe or another item's")
    func sidecars() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["f": "1"])
        let path = fixture.path(item, Sidecar.fileName)
        let good = try #require(text(path))
        for (from, to) in [
            ("\"f\"", "\"../f\""), ("sha256:", "sha256:../"), ("\"size\" : 1", "\"size\" : -1"),
            ("\"version\" : 1", "\"version\" : 2"), ("\"a/b\"", "\"a/c\""), ("{", ""),
        ] {
            try FileManager.default.removeItem(atPath: path.string)
            let bad = good.replacingOccurrences(of: from, with: to)
            #expect(bad != good)
            try Data(bad.utf8).write(to: URL(fileURLWithPath: path.string))
            #expect(await storeError { _ = try fixture.store.sidecar(item) } == .corrupt, "\(from)")
        }
        try await fixture.publish("c/d", ["f": "1"])
        let (whole, broken) = try fixture.store.sidecars(.model)
        #expect(whole.map(\.id) == ["c/d"])
        #expect(broken.map(\.path) == [fixture.store.treePath(item)])
    }
}

func put(_ text: String, at path: FilePath, mode: mode_t = 0o644) throws {
    try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
    chmod(path.string, mode)
}
