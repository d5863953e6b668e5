import Archives
import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("Single compressed files")
struct SingleFileTests {
    @Test(
        "one compressed file is expanded, decided by its content",
        arguments: [["gzip", "-k"], ["xz", "-k"], ["zstd", "-q"], ["bzip2", "-k"], ["lz4", "-q", "-m"]])
    func expands(words: [String]) async throws {
        let workshop = try Workshop()
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try workshop.directory.write(content, to: "in/model")
        try run(words + ["model"], in: workshop.path("in"))
        let names = try FileManager.default.contentsOfDirectory(atPath: workshop.path("in").string)
        let compressed = try #require(names.first { $0 != "model" })
        let source = workshop.path("any-name")
        try FileManager.default.moveItem(atPath: workshop.path("in/\(compressed)").string, toPath: source.string)

        let target = workshop.target.appending("model")
        let expanded = try await Archive.expandSingle(source, to: target)
        #expect(expanded.size == 200_000)
        #expect(try expanded.digest?.hex == TestHub.sha256(of: .bytes(content)))
        #expect(FileManager.default.contents(atPath: target.string) == Data(content))
    }

    @Test("a file that is not compressed is refused")
    func plain() async throws {
        let workshop = try Workshop()
        let source = try workshop.directory.write(Array("plain text".utf8), to: "file.gz")
        let target = workshop.target.appending("file")
        let error = await #expect(throws: ArchiveError.self) { try await Archive.expandSingle(source, to: target) }
        #expect(error?.code == .unsupportedFormat)
        #expect(try workshop.targetIsEmpty)
    }

    @Test("a bomb, a cut file and a file over the cap leave nothing", arguments: ["bomb", "cut", "cap"])
    func bounded(kind: String) async throws {
        let workshop = try Workshop()
        var generator = SplitMix64(seed: 3)
        let noise = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let content = kind == "bomb" ? [UInt8](repeating: 0, count: 24 << 20) : noise
        try workshop.directory.write(content, to: "in/file")
        try run(["gzip", "file"], in: workshop.path("in"))
        let source = workshop.path("in/file.gz")
        if kind == "cut" { #expect(truncate(source.string, 100_000) == 0) }
        let policy = ExtractionPolicy(maximumBytes: kind == "cap" ? 299_999 : 1 << 30)
        let error = await #expect(throws: ArchiveError.self) {
            try await Archive.expandSingle(source, to: workshop.target.appending("file"), policy: policy)
        }
        let codes: [String: ArchiveError.Code] = ["bomb": .limit, "cut": .corrupt, "cap": .tooLarge]
        #expect(error?.code == codes[kind])
        #expect(try workshop.targetIsEmpty)
    }

    @Test("a target that exists is neither replaced nor followed", arguments: ["file", "link"])
    func occupied(kind: String) async throws {
        let workshop = try Workshop()
        try workshop.directory.write(Array("new".utf8), to: "in/file")
        try run(["gzip", "file"], in: workshop.path("in"))
        let target = workshop.target.appending("file")
        if kind == "file" {
            try workshop.directory.write(Array("old".utf8), to: "target/file")
        } else {
            try FileManager.default.createSymbolicLink(
                atPath: target.string, withDestinationPath: workshop.path("passwd").string)
        }
        let error = await #expect(throws: ArchiveError.self) {
            try await Archive.expandSingle(workshop.path("in/file.gz"), to: target)
        }
        #expect(error?.code == .io(errno: EEXIST))
        let content = FileManager.default.contents(atPath: target.string)
        #expect(content == Data((kind == "file" ? "old" : "nor this").utf8))
    }
}
