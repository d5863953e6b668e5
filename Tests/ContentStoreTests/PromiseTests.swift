import ArtifactTypes
import ContentStore
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Room on the disk that running jobs count on.
@Suite("Promised space", .enabled(if: MountedDisk.isPossible, "mounts a file system: root"))
struct PromiseTests {
    private func need(_ name: String, _ megabytes: Int64) -> SpaceNeed {
        SpaceNeed(partial: name, blob: nil, size: megabytes << 20)
    }

    @Test("of two that fit alone and not together the second is refused, and told of the first; then it is free again")
    func together() async throws {
        let disk = try MountedDisk(memory: "size=16m")
        defer { disk.unmount() }
        let store = try ContentStore(root: disk.path.appending("store"))
        try await store.withPromisedSpace(for: [need("a", 5), need("b", 5)], of: "org/first", job: "1") {
            let error = await #expect(throws: StoreError.self) {
                try await store.withPromisedSpace(for: [need("c", 8)], of: "org/second", job: "2") {}
            }
            guard case .insufficientSpace(let needed, let free) = error?.code else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(needed == 8 << 20)
            #expect(free < 6 << 20)
            #expect(error?.message.contains("promised to org/first (process \(getpid()))") == true)

            // What another job fetches anyway is needed once; what is on the disk already is needed no more.
            try await store.withPromisedSpace(for: [need("a", 5), need("d", 5)], of: "org/third", job: "3") {}
            try [UInt8](repeating: 1, count: 5 << 20).withUnsafeBytes { bytes in
                let part = store.partial(named: "a").part.string
                try Data(bytes).write(to: URL(fileURLWithPath: part))
            }
            try await store.withPromisedSpace(for: [need("e", 5)], of: "org/fourth", job: "4") {}
        }
        unlink(store.partial(named: "a").part.string)
        try await store.withPromisedSpace(for: [need("c", 8)], of: "org/second", job: "2") {}
    }

    @Test("the promise of a process that is dead does not count")
    func dead() async throws {
        let disk = try MountedDisk(memory: "size=16m")
        defer { disk.unmount() }
        let store = try ContentStore(root: disk.path.appending("store"))
        let left = #"{"process":1,"subject":"x","needs":[{"partial":"p","size":15000000}]}"#
        try Data(left.utf8).write(to: URL(fileURLWithPath: store.root.appending("locks/promise-gone").string))
        try await store.withPromisedSpace(for: [need("c", 8)], of: "org/second", job: "2") {}
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.root.appending("locks").string) == [])
    }

    @Test("partials on another file system become blobs by a copy, and what a crash leaves of one is collected")
    func otherFileSystem() async throws {
        let disk = try MountedDisk(memory: "size=16m")
        defer { disk.unmount() }
        let fixture = try StoreFixture()
        let partials = fixture.store.root.appending("staging/partials")
        rmdir(partials.string)
        // A link to the mounted disk stands for a mount of the folder itself.
        try FileManager.default.createSymbolicLink(atPath: partials.string, withDestinationPath: disk.path.string)
        let store = try ContentStore(root: fixture.store.root)
        let digest = try await fixture.blob("content")
        #expect(try await store.isIntact(digest))
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
        #expect(try store.blobPath(digest).stat().permissions == [.ownerRead, .groupRead, .otherRead])
        let item = try await fixture.publish("a/b", ["f": "content"])
        #expect(try await store.verify(item).isSound)

        let left = store.blobPath(digest).removingLastComponent().appending("17.part")
        try Data("half".utf8).write(to: URL(fileURLWithPath: left.string))
        _ = try await store.collectGarbage()
        #expect(!exists(left))
        #expect(try await store.verify(item).isSound)
    }
}
