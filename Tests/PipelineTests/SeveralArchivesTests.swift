import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import Pipeline

@Suite("archives among other files")
struct SeveralArchivesTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop()
    }

    /// An archive of the files, each with its own path as content.
    private func archive(_ name: String, _ paths: [String], link: String? = nil) throws -> RemoteFile {
        let folder = try TemporaryDirectory()
        for path in paths { try folder.write(Array(path.utf8), to: path) }
        if let link {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path.appending(link).string, withDestinationPath: paths[0])
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["tar", "-C", folder.path.string, "-czf", folder.path.string + ".tgz", "."]
        try process.run()
        process.waitUntilExit()
        let file = URL(fileURLWithPath: folder.path.string + ".tgz")
        defer { try? FileManager.default.removeItem(at: file) }
        var remote = try workshop.file(name, Array(try Data(contentsOf: file)))
        remote.unpack = .archive(strip: 0)
        return remote
    }

    @Test("fill one tree, folders of one name together")
    func merged() async throws {
        let files = [
            try workshop.file("sub/plain.txt", [1]), try archive("one.tgz", ["sub/a.txt", "top.txt"]),
            try archive("two.tgz", ["sub/b.txt", "deep/er/c.txt"], link: "alias"),
        ]
        let sidecar = try await workshop.provision(files)
        #expect(
            sidecar.files.map(\.path.string).sorted() == [
                "deep/er/c.txt", "sub/a.txt", "sub/b.txt", "sub/plain.txt", "top.txt",
            ])
        #expect(try await workshop.store.verify(StoreItem(kind: .model, id: sidecar.id)).isSound)
    }

    @Test("that have the same file, or a link where another has a folder, are refused")
    func collisions() async throws {
        let pairs = [
            [try archive("1.tgz", ["x.txt"]), try archive("2.tgz", ["x.txt", "y.txt"])],
            [try archive("3.tgz", ["real/a"], link: "sub"), try archive("4.tgz", ["sub/a"])],
            [try archive("5.tgz", ["x.txt"]), try workshop.file("x.txt", [1])],
        ]
        for files in pairs {
            let error = await #expect(throws: ProvisionError.self) { try await workshop.provision(files) }
            #expect(error?.code == .unsafeContent)
        }
    }
}
