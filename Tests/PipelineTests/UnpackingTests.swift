import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import Pipeline

/// Archives that are unpacked while they are fetched.
@Suite struct UnpackingTests {
    let workshop: Workshop
    private let item = StoreItem(kind: .model, id: "told:org/name")

    init() throws { workshop = try Workshop() }

    /// A tar of files of a megabyte each, by their names; the machine's own tar makes it.
    private func archive(_ names: [String], filter: String = "--zstd", seed: UInt64 = 1) throws -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        let source = "source-\(seed)"
        for name in names {
            let words = (0..<1 << 17).map { _ in generator.next() }
            try workshop.folder.write(words.withUnsafeBytes { Array($0) }, to: "\(source)/top/\(name)")
        }
        try run("/usr/bin/tar", ["-C", source, "--sort=name", filter, "-cf", "archive", "top"])
        return Array(try Data(contentsOf: URL(fileURLWithPath: workshop.folder.path.appending("archive").string)))
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: workshop.folder.path.string)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private func remote(_ name: String, _ bytes: [UInt8], isPublished: Bool = true) throws -> RemoteFile {
        var file = try workshop.file(name, bytes, isPublished: isPublished)
        file.unpack = .archive(strip: nil)
        return file
    }

    private var trees: String { workshop.store.root.appending("staging/trees").string }

    /// Whether a file of that name lies in a tree in the making.
    private func isUnpacked(_ name: String) throws -> Bool {
        try FileManager.default.subpathsOfDirectory(atPath: trees).contains { $0.hasSuffix("/\(name)") }
    }

    private func waitUntilUnpacked(_ name: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        // The disk tells nobody.
        while try !isUnpacked(name), .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("files lie in staging while the rest of the archive is still on its way, and are published at its end")
    func overlap() async throws {
        let bytes = try archive(["a", "b", "c", "d", "e", "f"])
        let file = try remote("tool.tar.zst", bytes)
        workshop.hub.setFault(Fault(.stall(after: Int64(bytes.count * 3 / 4)), times: 1), on: "/files/tool")
        let task = Task { try await workshop.provision([file]) }
        try await waitUntilUnpacked("a")
        #expect(try isUnpacked("a"))
        #expect(try !isUnpacked("f"))
        #expect(try workshop.store.sidecar(item) == nil)
        workshop.hub.releaseStalls()
        let sidecar = try await task.value
        #expect(sidecar.files.map(\.path.string) == ["a", "b", "c", "d", "e", "f"])
        #expect(try await workshop.store.verify(item).isSound)
        let partials = workshop.store.root.appending("staging/partials").string
        #expect((try? FileManager.default.contentsOfDirectory(atPath: partials)) ?? [] == [])
    }

    @Test(
        "of wrong bytes nothing remains: another archive from a mirror, a flipped bit, a range ignored, a line that breaks",
        arguments: ["mirror", "bit", "range", "drop"])
    func wrongAtFirst(kind: String) async throws {
        let bytes = try archive(["a", "b", "c"])
        var file = try remote("tool.tar.zst", bytes)
        switch kind {
        case "mirror":
            let wrong = try archive(["wrong", "more"], seed: 9)
            let padded = Array((wrong + [UInt8](repeating: 0, count: bytes.count)).prefix(bytes.count))
            file.sources.insert(RemoteSource(url: try workshop.hub.addRelease("mirror.tar.zst", .bytes(padded))), at: 0)
        case "bit":
            workshop.hub.setFault(Fault(.corrupt(at: Int64(bytes.count / 2)), times: 1), on: "/files/")
        case "range":
            workshop.hub.setFault(Fault(.drop(after: Int64(bytes.count / 2)), times: 1), on: "/files/")
            workshop.hub.setFault(Fault(.ignoreRange), on: "/files/")
        default:
            for part in 1...3 {
                workshop.hub.setFault(Fault(.drop(after: Int64(bytes.count / 2 / part)), times: 1), on: "/files/")
            }
        }
        let sidecar = try await workshop.provision([file])
        #expect(sidecar.files.map(\.path.string) == ["a", "b", "c"])
        #expect(try await workshop.store.verify(item).isSound)
    }

    @Test("an archive that is wrong for good is told by its digest, and leaves no tree", arguments: [true, false])
    func wrongForGood(isHostile: Bool) async throws {
        let bytes = try archive(["a"])
        let file = try remote("tool.tar.zst", bytes)
        let wrong = isHostile ? Array("<html>sorry</html>".utf8) : try archive(["b"], seed: 4)
        let same = Array((wrong + [UInt8](repeating: 0, count: bytes.count)).prefix(bytes.count))
        try workshop.hub.addRelease("tool.tar.zst", .bytes(same))
        let error = await #expect(throws: ProvisionError.self) { try await workshop.provision([file]) }
        #expect(error?.code == .digestMismatch)
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees) == [])
        #expect(try workshop.store.sidecar(item) == nil)
    }

    @Test("what is refused is named with its archive", arguments: [true, false])
    func refused(isPublished: Bool) async throws {
        try FileManager.default.createSymbolicLink(
            atPath: workshop.folder.path.appending("way-out").string, withDestinationPath: "../../etc/passwd")
        try run("/usr/bin/tar", ["-cf", "archive", "way-out"])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: workshop.folder.path.appending("archive").string))
        let file = try remote("evil.tar", Array(bytes), isPublished: isPublished)
        let error = await #expect(throws: ProvisionError.self) { try await workshop.provision([file]) }
        #expect(error?.code == .unsafeContent)
        #expect(error?.message.contains("evil.tar") == true)
        #expect(error?.message.contains("way-out") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees) == [])
    }

    @Test("one that is cancelled while the line is silent ends at once; a second run goes on from what is there")
    func cancelled() async throws {
        let bytes = try archive(["a", "b", "c", "d"])
        let file = try remote("tool.tar.zst", bytes)
        workshop.hub.setFault(Fault(.stall(after: Int64(bytes.count / 2)), times: 1), on: "/files/tool")
        let task = Task { try await workshop.provision([file]) }
        try await waitUntilUnpacked("a")
        task.cancel()
        let then = ContinuousClock.now
        let error = await #expect(throws: ProvisionError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        // Some milliseconds, alone.
        #expect(ContinuousClock.now - then < .seconds(15))
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees) == [])
        workshop.hub.forgetRequests()
        #expect(try await workshop.provision([file]).files.count == 4)
        #expect(workshop.hub.requests.contains { $0.headers["range"]?.hasPrefix("bytes=") == true })
    }

    @Test("a compressed file goes under its path, folders and all, and so does one among others, an archive too")
    func single() async throws {
        let content = Array("the weights".utf8)
        try workshop.folder.write(content, to: "weights")
        try run("/usr/bin/gzip", ["weights"])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: workshop.folder.path.appending("weights.gz").string))
        var file = try workshop.file("deep/er/a.gguf", Array(bytes))
        file.unpack = .single
        let sidecar = try await workshop.provision([file, try workshop.file("deep/readme", content)])
        #expect(sidecar.files.map(\.path.string) == ["deep/er/a.gguf", "deep/readme"])
        #expect(sidecar.files.map(\.size) == [11, 11])
        let archive = try remote("tool.tar.zst", try archive(["a"]))
        let mixed = try await workshop.provision([archive, file], id: "told:org/mixed")
        #expect(mixed.files.map(\.path.string) == ["a", "deep/er/a.gguf"])
    }

    @Test("an archive that the store has as a blob is unpacked from there")
    func fromBlob() async throws {
        let file = try remote("tool.tar.zst", try archive(["a", "b"]))
        var asIs = file
        asIs.unpack = .none
        try await workshop.provision([asIs], id: "told:org/blob")
        workshop.hub.forgetRequests()
        #expect(try await workshop.provision([file]).files.map(\.path.string) == ["a", "b"])
        #expect(workshop.hub.requests.isEmpty)
    }
}
