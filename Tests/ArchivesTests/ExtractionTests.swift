import Archives
import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Extraction")
struct ExtractionTests {
    /// How `../archive` is made of the folder that it runs in.
    struct Recipe: Sendable, CustomTestStringConvertible {
        let name: String
        let words: [String]
        let filter: String
        var ending = ["-cf", "../archive", "."]
        var testDescription: String { name }

        static let all = [
            Recipe(name: "GNU tar, gnu", words: ["tar", "--format=gnu"], filter: "none"),
            Recipe(name: "GNU tar, pax", words: ["tar", "--format=pax"], filter: "none"),
            Recipe(name: "GNU tar, gzip", words: ["tar", "-z"], filter: "gzip"),
            Recipe(name: "GNU tar, zstd", words: ["tar", "--zstd"], filter: "zstd"),
            Recipe(name: "GNU tar, xz", words: ["tar", "-J"], filter: "xz"),
            Recipe(name: "bsdtar, pax", words: ["bsdtar", "--format=pax"], filter: "none"),
            Recipe(name: "bsdtar, bzip2", words: ["bsdtar", "-j"], filter: "bzip2"),
            Recipe(name: "bsdtar, lz4", words: ["bsdtar", "--lz4"], filter: "lz4"),
            Recipe(name: "bsdtar, zip", words: ["bsdtar", "--format=zip"], filter: "none"),
            Recipe(name: "GNU tar, old gnu", words: ["tar", "--format=oldgnu"], filter: "none"),
            Recipe(name: "bsdtar, gnutar, zstd", words: ["bsdtar", "--format=gnutar", "--zstd"], filter: "zstd"),
            // Info-ZIP would write archive.zip for archive.
            Recipe(
                name: "zip", words: ["sh", "-c", "zip -qry - . > ../archive"], filter: "none", ending: []),
            Recipe(name: "zip, stored", words: ["sh", "-c", "zip -0qry - . > ../archive"], filter: "none", ending: []),
            Recipe(
                name: "zstd of a tar", words: ["sh", "-c", "tar -cf - . | zstd -q19 --long > ../archive"],
                filter: "zstd", ending: []),
        ]
    }

    @Test("every format and filter gives the tree that bsdtar gives", arguments: Recipe.all)
    func sameAsBsdtar(recipe: Recipe) async throws {
        let workshop = try Workshop()
        let deep = (1...12).map { "directory-of-some-length-\($0)" }.joined(separator: "/")
        let source = try workshop.folder(
            "source",
            [
                "bin/tool": "#!/bin/sh\n", "empty": "", "naïve/日本語.txt": "unicode", "\(deep)/long.txt": "long name",
                "with space/and'quote": "odd", String(repeating: "n", count: 250): "longest",
            ])
        chmod(source.appending("bin/tool").string, 0o755)
        try FileManager.default.createSymbolicLink(
            atPath: source.appending("bin/alias").string, withDestinationPath: "../bin/tool")
        try FileManager.default.linkItem(
            atPath: source.appending("empty").string, toPath: source.appending("twin").string)
        try run(recipe.words + recipe.ending, in: source)

        let report = try await workshop.extract(workshop.path("archive"))
        #expect(try workshop.hasDigests(report))

        let expected = workshop.path("expected")
        try FileManager.default.createDirectory(atPath: expected.string, withIntermediateDirectories: false)
        try run(["bsdtar", "-xf", "../archive"], in: expected)
        #expect(try Tree.snapshot(workshop.target) == Tree.snapshot(expected))
        #expect(report.filter == recipe.filter)
        #expect(report.files.count == 7)
        #expect(report.files.filter(\.isExecutable).map(\.path.string) == ["bin/tool"])
        #expect(report.links.map(\.target) == ["../bin/tool"])
        #expect(report.bytes == 36)
    }

    @Test("five thousand files in four hundred folders give the tree that bsdtar gives")
    func manyFiles() async throws {
        let workshop = try Workshop()
        try workshop.directory.write(
            TarBuilder.archive {
                for number in 0..<5000 {
                    $0.file("\(number % 20)/\(number % 400)/file-\(number)", "content of \(number)")
                }
            }, to: "archive")
        try run(["gzip", "-n", "archive"], in: workshop.directory.path)
        try run(["mv", "archive.gz", "archive"], in: workshop.directory.path)
        let report = try await workshop.extract(workshop.path("archive"))
        let expected = workshop.path("expected")
        try FileManager.default.createDirectory(atPath: expected.string, withIntermediateDirectories: false)
        try run(["bsdtar", "-xf", "../archive"], in: expected)
        #expect(try Tree.snapshot(workshop.target) == Tree.snapshot(expected))
        #expect(report.files.count == 5000)
    }

    @Test(
        "a sparse file keeps its holes and its content",
        arguments: [
            ["tar", "-S", "--format=gnu"], ["tar", "-S", "--format=posix"],
            ["tar", "-S", "--format=posix", "--sparse-version=0.0"], ["bsdtar", "--read-sparse", "--format=pax"],
        ])
    func sparse(maker: [String]) async throws {
        let workshop = try Workshop()
        let file = try workshop.directory.write(Array("start".utf8), to: "source/sparse")
        let writer = try FileDescriptor.open(file, .writeOnly)
        try writer.writeAll(toAbsoluteOffset: 8 << 20, Array("middle".utf8))
        try writer.resize(to: 32 << 20)
        try writer.close()
        try run(maker + ["-cf", "../archive", "sparse"], in: workshop.path("source"))

        let report = try await workshop.extract(workshop.path("archive"))

        let made = workshop.target.appending("sparse")
        #expect(report.bytes == 32 << 20)
        #expect(try made.stat().sizeAllocated < 1 << 20)
        #expect(try workshop.hasDigests(report))
        #expect(try Tree.snapshot(workshop.target)["sparse"] == Tree.snapshot(workshop.path("source"))["sparse"])
        try FileManager.default.removeItem(atPath: made.string)
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(workshop.path("archive"), ExtractionPolicy(maximumBytes: 31 << 20))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("the digests are those of what was written, also of files that others overtake")
    func digests() async throws {
        let workshop = try Workshop()
        let large = String(repeating: "0123456789abcdef", count: 700_000)
        let report = try await workshop.extract(
            TarBuilder.archive { archive in
                archive.file("top/large", large)
                for number in 0..<300 { archive.file("top/\(number)", "file \(number)") }
                archive.hardLink("top/twin", to: "top/large")
            })
        #expect(report.files.count == 302)
        #expect(try workshop.hasDigests(report))
    }

    @Test("modes are plain, whatever the archive says")
    func modes() async throws {
        let workshop = try Workshop()
        try await workshop.extract(
            TarBuilder.archive {
                $0.file("open", mode: 0o666)
                $0.file("closed", mode: 0o000)
                $0.file("tool", mode: 0o100)
                $0.folder("folder", mode: 0o700)
            })
        let tree = try Tree.snapshot(workshop.target)
        #expect(tree["open"]?.hasPrefix("file 644 ") == true)
        #expect(tree["closed"]?.hasPrefix("file 644 ") == true)
        #expect(tree["tool"]?.hasPrefix("file 755 ") == true)
        #expect(tree["folder"] == "folder 755")
    }

    @Test("a folder that holds something is refused and left as it is")
    func occupied() async throws {
        let workshop = try Workshop()
        try workshop.directory.write(Array("mine".utf8), to: "target/mine")
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(TarBuilder.archive { $0.file("file") })
        }
        #expect(error?.code == .io(errno: ENOTEMPTY))
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.target.string) == ["mine"])
    }

    @Test("a target that is no folder, and an archive that is not there, are told by their errno")
    func absent() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: ArchiveError.self) { try await workshop.extract(workshop.path("none")) }
        #expect(error?.code == .io(errno: ENOENT))
        let archive = try workshop.directory.write(TarBuilder.archive { $0.file("file") }, to: "archive")
        let other = await #expect(throws: ArchiveError.self) {
            try await Archive.extract(archive, into: workshop.path("passwd"))
        }
        #expect(other?.code == .io(errno: ENOTDIR))
    }
}
