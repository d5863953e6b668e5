import Archives
import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Links")
struct LinkTests {
    @Test("links that stay inside are made as they are written, dangling ones too")
    func inside() async throws {
        let workshop = try Workshop()
        let report = try await workshop.extract(
            TarBuilder.archive {
                $0.symbolicLink("lib/libx.so", to: "libx.so.1")
                $0.file("lib/libx.so.1")
                $0.symbolicLink("current", to: "lib")
                $0.symbolicLink("share/up", to: "../current/../lib/./libx.so")
                $0.symbolicLink("here", to: ".")
                $0.symbolicLink("dangling", to: "not/there")
            })
        let tree = try Tree.snapshot(workshop.target)
        #expect(tree["lib/libx.so"] == "link libx.so.1")
        #expect(tree["current"] == "link lib")
        #expect(tree["share/up"] == "link ../current/../lib/./libx.so")
        #expect(tree["here"] == "link .")
        #expect(tree["dangling"] == "link not/there")
        #expect(report.links.count == 5)
        let content = FileManager.default.contents(atPath: workshop.target.appending("share/up").string)
        #expect(content == Data("content".utf8))
    }

    @Test("hard links share one file, and its bytes count once")
    func hardLinks() async throws {
        let workshop = try Workshop()
        let report = try await workshop.extract(
            TarBuilder.archive {
                $0.file("a/tool", "1234", mode: 0o755)
                $0.hardLink("b/same", to: "a/tool")
                $0.hardLink("./c", to: "./b/same")
            })
        let tree = try Tree.snapshot(workshop.target)
        #expect(tree["a/tool"]?.hasSuffix("links 3") == true)
        #expect(tree["b/same"] == tree["a/tool"])
        #expect(tree["c"] == tree["a/tool"])
        #expect(report.bytes == 4)
        #expect(report.files.map(\.path.string) == ["a/tool", "b/same", "c"])
        #expect(report.files.allSatisfy { $0.isExecutable && $0.size == 4 })
    }

    @Test("a hard link to a symbolic link is one more symbolic link")
    func hardLinkToLink() async throws {
        let workshop = try Workshop()
        try await workshop.extract(
            TarBuilder.archive {
                $0.file("file")
                $0.symbolicLink("l", to: "file")
                $0.hardLink("m", to: "l")
            })
        #expect(try Tree.snapshot(workshop.target)["m"] == "link file")
    }
}
