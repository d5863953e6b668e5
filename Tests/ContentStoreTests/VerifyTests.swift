import ArtifactTypes
import CSystemCalls
import ContentStore
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Verification, repair, space")
struct VerifyTests {
    @Test("missing, corrupt and extra files are found, each by name")
    func verify() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["flipped": "aaaa", "short": "bbbb", "gone": "c", "fine": "d"])
        try overwrite(fixture.path(item, "flipped"), "aaab")
        chmod(fixture.path(item, "short").string, 0o644)
        truncate(fixture.path(item, "short").string, 3)
        unlink(fixture.path(item, "gone").string)
        try put("e", at: fixture.path(item, "sub/extra"))
        let progress = Mutex<(Int64, Int64)>((0, 0))
        let result = try await fixture.store.verify(item) { done, total in progress.withLock { $0 = (done, total) } }
        #expect(result.missing.map(\.string) == ["gone"])
        #expect(result.corrupt.map(\.string) == ["flipped", "short"])
        #expect(result.extra == ["sub/extra"])
        #expect(!result.isSound)
        #expect(progress.withLock { $0 } == (5, 10))
    }

    @Test("what is not in the store cannot be verified")
    func absent() async throws {
        let fixture = try StoreFixture()
        let item = StoreItem(kind: .model, id: "not/here")
        #expect(await storeError { _ = try await fixture.store.verify(item) } == .io(errno: ENOENT))
    }

    @Test("a repaired blob is put into every tree that uses it")
    func repair() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let first = try await fixture.publish("a/b", ["f": "good", "other": "other"])
        let second = try await fixture.publish("c/d", ["deep/er/f": "good"])
        let digest = try #require(sha256("good"))
        // One inode under three names: all of them are bad at once.
        try overwrite(fixture.path(first, "f"), "goof")
        unlink(fixture.path(second, "deep/er/f").string)
        rmdir(fixture.path(second, "deep/er").string)
        #expect(try await !store.isIntact(digest))
        try store.discardBlob(digest)
        #expect(try await !store.isIntact(digest))
        _ = try await fixture.blob("good")
        #expect(try await store.isIntact(digest))
        #expect(Set(try await store.restore(digest)) == [first, second])
        for item in [first, second] { #expect(try await store.verify(item) == Verification()) }
        #expect(try await store.restore(digest).count == 2)
    }

    @Test("a verification that is cancelled says so")
    func cancelled() async throws {
        let fixture = try StoreFixture()
        let item = try await fixture.publish("a/b", ["f": String(repeating: "x", count: 8 << 20)])
        let store = fixture.store
        let (started, continuation) = AsyncStream<Void>.makeStream()
        let resume = DispatchSemaphore(value: 0)
        let task = Task {
            await storeError {
                _ = try await store.verify(item) { done, _ in
                    if done <= 1 << 20 {
                        continuation.yield()
                        resume.wait()
                    }
                }
            }
        }
        for await _ in started { break }
        task.cancel()
        resume.signal()
        #expect(await task.value == .cancelled)
    }

    @Test("a copy from elsewhere becomes a blob only with the promised digest")
    func adopt() async throws {
        let fixture = try StoreFixture()
        let source = try fixture.directory.write("import".utf8, to: "import.bin")
        let adopted = try await fixture.store.adoptBlob(copyOf: source)
        #expect(adopted.digest == sha256("import") && adopted.size == 6)
        #expect(fixture.store.hasBlob(adopted.digest, size: 6))
        // What git hash-object says of the same content, and that with another last digit.
        let git = Digest(.gitSHA1, hex: "efca996cce690be20b1bb93e9177c43b6828e998")
        #expect(try await fixture.store.adoptBlob(copyOf: source, expected: git).digest == adopted.digest)
        let other = Digest(.gitSHA1, hex: "efca996cce690be20b1bb93e9177c43b6828e990")
        #expect(await storeError { try await fixture.store.adoptBlob(copyOf: source, expected: other) } == .corrupt)
        #expect(await storeError { try await fixture.store.adoptBlob(copyOf: fixture.directory.path) } == .unsafe)
        #expect(fixture.names("staging/partials").isEmpty)
        #expect(try source.stat().linkCount == 1)
    }

    @Test("a blob that is here already is kept, and the new file removed with its journal")
    func idempotent() async throws {
        let fixture = try StoreFixture()
        let digest = try await fixture.blob("x")
        let inode = try fixture.store.blobPath(digest).stat().inode
        try put("journal", at: fixture.store.partial(named: ContentStore.partialName(digest: digest)).journal)
        _ = try await fixture.blob("x")
        #expect(try fixture.store.blobPath(digest).stat().inode == inode)
        #expect(fixture.names("staging/partials").isEmpty)
    }

    @Test(
        "a full disk is named with what is needed and free, and nothing is published",
        .enabled(if: MountedDisk.isPossible, "mounts a file system: root"))
    func fullDisk() async throws {
        let fixture = try MountedDisk(memory: "size=256k")
        defer { fixture.unmount() }
        let store = try ContentStore(root: fixture.path.appending("store"))
        let need = SpaceNeed(partial: "large", blob: nil, size: 1 << 30)
        let code = await storeError { try await store.withPromisedSpace(for: [need], of: "a/b", job: "job") {} }
        guard case .insufficientSpace(needed: 1 << 30, let free) = code else {
            Issue.record("expected insufficientSpace, got \(String(describing: code))")
            return
        }
        #expect(free > 0 && free <= 256 << 10)
        let source = try fixture.directory.write([UInt8](repeating: 7, count: 1 << 20), to: "large")
        let full = await storeError { try await store.adoptBlob(copyOf: source) }
        guard case .insufficientSpace = full else {
            Issue.record("expected insufficientSpace, got \(String(describing: full))")
            return
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: store.root.appending("staging/partials").string) == [])
    }

    @Test(
        "a store on a read-only disk says so, and how to choose another",
        .enabled(if: MountedDisk.isPossible, "mounts a file system: root"))
    func readOnly() async throws {
        let fixture = try MountedDisk(memory: "size=64k,ro")
        defer { fixture.unmount() }
        do {
            _ = try ContentStore(root: fixture.path.appending("store"))
            Issue.record("a store on a read-only disk")
        } catch {
            #expect(error.code == .io(errno: EROFS))
            #expect(error.message.contains("read-only file system; choose another store"))
        }
    }
}
