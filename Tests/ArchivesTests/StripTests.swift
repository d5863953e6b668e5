import Archives
import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Stripping")
struct StripTests {
    private let top = ExtractionPolicy(strip: .singleTopFolder)

    @Test("a single top folder is taken off, also one that holds its own name and hidden files")
    func single() async throws {
        let workshop = try Workshop()
        let report = try await workshop.extract(
            TarBuilder.archive {
                $0.folder("tool-1.0")
                $0.file("tool-1.0/tool-1.0/inner")
                $0.file("tool-1.0/.dissolving")
                $0.file("tool-1.0/bin/tool", mode: 0o755)
                $0.symbolicLink("tool-1.0/run", to: "bin/tool")
                $0.hardLink("tool-1.0/again", to: "tool-1.0/bin/tool")
            }, top)
        let tree = try Tree.snapshot(workshop.target)
        #expect(Set(tree.keys) == ["tool-1.0", "tool-1.0/inner", ".dissolving", "bin", "bin/tool", "run", "again"])
        #expect(tree["run"] == "link bin/tool")
        #expect(report.files.map(\.path.string) == ["tool-1.0/inner", ".dissolving", "bin/tool", "again"])
        #expect(report.links.map(\.path.string) == ["run"])
    }

    @Test("a top folder stays that has a neighbour")
    func two() async throws {
        let workshop = try Workshop()
        let report = try await workshop.extract(
            TarBuilder.archive {
                $0.file("a/file")
                $0.symbolicLink("b", to: "a")
            }, top)
        #expect(report.files.map(\.path.string) == ["a/file"])
        #expect(try Set(Tree.snapshot(workshop.target).keys) == ["a", "a/file", "b"])
    }

    @Test("a single file stays where it is, and so does an empty folder", arguments: ["file", "folder"])
    func lone(kind: String) async throws {
        let workshop = try Workshop()
        try await workshop.extract(
            TarBuilder.archive { if kind == "file" { $0.file("only") } else { $0.folder("only") } }, top)
        #expect(try Array(Tree.snapshot(workshop.target).keys) == ["only"])
    }

    @Test("a link that leaves the tree only once the top folder is off is refused")
    func linkOverTop() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: ArchiveError.self) {
            try await workshop.extract(
                TarBuilder.archive {
                    $0.file("top/file")
                    $0.symbolicLink("top/l", to: "../top/file")
                }, top)
        }
        #expect(error?.code == .unsafe)
        #expect(error?.entry == "top/l")
        #expect(try workshop.targetIsEmpty)
        #expect(try workshop.neighboursAreUntouched(besides: ["archive"]))
    }

    @Test("components are taken off files, links and hard links' targets, and what is shorter is passed over")
    func components() async throws {
        let workshop = try Workshop()
        let report = try await workshop.extract(
            TarBuilder.archive {
                $0.file("readme", String(repeating: "skipped ", count: 10_000))
                $0.folder("a")
                $0.file("a/b/file")
                $0.hardLink("a/b/same", to: "a/b/file")
                $0.symbolicLink("a/c/d/l", to: "../file")
            }, ExtractionPolicy(strip: .components(2)))
        #expect(report.files.map(\.path.string) == ["file", "same"])
        #expect(report.links.map(\.path.string) == ["d/l"])
        let error = await #expect(throws: ArchiveError.self) {
            try await Workshop().extract(
                TarBuilder.archive { $0.symbolicLink("a/b/l", to: "../b/file") },
                ExtractionPolicy(strip: .components(2)))
        }
        #expect(error?.code == .unsafe)
    }
}
