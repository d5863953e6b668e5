import ArtifactTypes
import ContentStore
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What somebody else wrote into a folder of the store's, and is to become a blob.
@Suite("Files that a vendor brought")
struct BroughtFileTests {
    private let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func write(_ text: String, to name: String, below folder: FilePath) throws -> FilePath {
        let file = folder.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.string))
        return file
    }

    @Test(
        "one becomes a blob by moving, whatever its digest is known by",
        arguments: [
            "sha256:\(String(repeating: "a", count: 64))", nil, "git-sha1:\(String(repeating: "b", count: 40))",
        ] as [String?])
    func moves(_ wrong: String?) async throws {
        try await fixture.store.withTree(job: "a") { tree in
            let file = try write("words\n", to: "sub/a", below: tree.root)
            if let wrong {
                let error = await #expect(throws: StoreError.self) {
                    try await fixture.store.adoptBlob(moving: file, expected: Digest(wrong), size: 6)
                }
                #expect(error?.code == .corrupt)
                #expect(text(file) == "words\n")
            }
            let kept = try await fixture.store.adoptBlob(moving: file, expected: sha256("words\n"), size: 6)
            #expect(kept.size == 6)
            #expect(text(fixture.store.blobPath(kept.digest)) == "words\n")
            #expect(text(file) == nil)
        }
    }

    @Test("another size, a second name and a link are refused")
    func refused() async throws {
        try await fixture.store.withTree(job: "a") { tree in
            let file = try write("words\n", to: "a", below: tree.root)
            let size = await #expect(throws: StoreError.self) {
                try await fixture.store.adoptBlob(moving: file, expected: nil, size: 7)
            }
            #expect(size?.code == .corrupt)
            let outside = try write("secret", to: "outside", below: fixture.directory.path)
            let files = FileManager.default
            try files.linkItem(atPath: outside.string, toPath: tree.root.appending("hard").string)
            try files.createSymbolicLink(
                atPath: tree.root.appending("soft").string, withDestinationPath: outside.string)
            for name in ["hard", "soft"] {
                await #expect(throws: StoreError.self) {
                    try await fixture.store.adoptBlob(moving: tree.root.appending(name), expected: nil, size: nil)
                }
            }
            #expect(text(outside) == "secret")
        }
    }

    @Test("a listing names regular files, and throws at anything else")
    func listing() async throws {
        try await fixture.store.withTree(job: "a") { tree in
            _ = try write("1", to: "sub/a", below: tree.root)
            _ = try write("2", to: "b", below: tree.root)
            #expect(Set(try await tree.plainFiles().map(\.string)) == ["b", "sub/a"])
            let fifo = tree.root.appending("fifo").string
            #expect(mkfifo(fifo, 0o600) == 0)
            await #expect(throws: StoreError.self) { try await tree.plainFiles() }
            try FileManager.default.removeItem(atPath: fifo)
            try FileManager.default.createSymbolicLink(
                atPath: tree.root.appending("l").string, withDestinationPath: "b")
            await #expect(throws: StoreError.self) { try await tree.plainFiles() }
        }
    }
}
