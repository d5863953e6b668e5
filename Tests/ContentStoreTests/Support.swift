import ArtifactTypes
import CSystemCalls
import ContentStore
import Crypto
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A store in a folder of its own, and shorthands to fill it.
struct StoreFixture {
    let directory: TemporaryDirectory
    let store: ContentStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ContentStore(root: directory.path.appending("store"))
    }

    func blob(_ text: String) async throws -> ArtifactTypes.Digest {
        let digest = try #require(sha256(text))
        let (part, _) = store.partial(named: ContentStore.partialName(digest: digest))
        try Data(text.utf8).write(to: URL(fileURLWithPath: part.string))
        try await store.storeBlob(from: part, sha256: digest)
        return digest
    }

    /// Publishes an item with the given files, path to content.
    @discardableResult
    func publish(_ id: String, _ files: [String: String], kind: ArtifactKind = .model) async throws -> StoreItem {
        let item = StoreItem(kind: kind, id: id)
        try await store.withTree(job: "job-\(id)") { tree in
            for (path, text) in files {
                try await tree.link(blob: blob(text), at: RelativePath(path))
            }
            try await store.publish(tree, as: item, entry: .object(["id": .string(id)]), resolution: .null)
        }
        // A process that another test was just starting has all descriptors, locks too, until it is another program.
        try await store.withLock(.tree(job: "job-\(id)"), deadline: .seconds(30)) {}
        return item
    }

    func path(_ item: StoreItem, _ file: String) -> FilePath { store.treePath(item).appending(file) }
    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: store.root.appending(folder).string)) ?? []).sorted()
    }
    /// Regular files below a folder of the store.
    func files(_ folder: String) -> [String] {
        names(folder).filter { name in
            (try? store.root.appending(folder).appending(name).stat(followTargetSymlink: false))?.type != .directory
        }
    }
}

func sha256(_ text: String) -> ArtifactTypes.Digest? {
    ArtifactTypes.Digest(.sha256, bytes: SHA256.hash(data: Data(text.utf8)))
}

func text(_ path: FilePath) -> String? { try? String(contentsOfFile: path.string, encoding: .utf8) }

func exists(_ path: FilePath) -> Bool { (try? path.stat(followTargetSymlink: false)) != nil }

/// Writes into an existing file in place, read-only or not, as a failing disk would.
func overwrite(_ path: FilePath, _ text: String) throws {
    chmod(path.string, 0o644)
    let file = try FileDescriptor.open(path, .writeOnly)
    defer { try? file.close() }
    _ = try file.writeAll(toAbsoluteOffset: 0, Array(text.utf8))
}

/// The code of the `StoreError` that `body` throws.
func storeError(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
