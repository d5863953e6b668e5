import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import GitCheckout

extension FilePath {
    static func remove(_ path: FilePath) throws { try FileManager.default.removeItem(atPath: path.string) }
}

@Suite("checking out", .serialized, .timeLimit(.minutes(1)))
struct CheckoutTests {
    private func names(_ folder: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string)
    }

    @Test("a repository on this machine is read where it lies and left as it is")
    func inPlace() async throws {
        let forge = try Forge()
        let head = try forge.repository.commit([
            "a/b.txt": "1", ".gitattributes": "*.txt text eol=crlf ident\n", "c.txt": "$Id$\n",
        ])
        try forge.repository.git("tag", "-a", "v1", "-m", "one")
        let before = try names(forge.repository.path.appending(".git")).sorted()
        let repository = GitRepository.inPlace(at: forge.repository.path)
        let references = try await repository.references()
        #expect(references.find(.head)?.ref == "refs/heads/main")
        #expect(references.find(.tag("v1"))?.commit == head)
        let out = try forge.emptyFolder()
        _ = try await repository.checkout(head, into: out)
        #expect(try String(contentsOfFile: out.appending("c.txt").string, encoding: .utf8) == "$Id$\n")
        #expect(try names(out).sorted() == [".gitattributes", "a", "c.txt"])
        #expect(try names(forge.repository.path.appending(".git")).sorted() == before)
    }

    @Test("no attribute of a repository changes a byte, and none leaves a file out or runs anything")
    func attributes() async throws {
        let forge = try Forge()
        let files = [
            ".gitattributes": "* text eol=crlf ident working-tree-encoding=UTF-16 filter=run export-ignore\n",
            "a.txt": "$Id$\nline\n", ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:9/\n",
        ]
        for (name, content) in files { try forge.repository.stage(mode: "100644", content: content, at: name) }
        let head = try forge.repository.commitIndex()
        let out = try forge.emptyFolder()
        _ = try await GitRepository.inPlace(at: forge.repository.path).checkout(head, into: out)
        for (name, content) in files {
            #expect(try String(contentsOfFile: out.appending(name).string, encoding: .utf8) == content)
        }
    }

    @Test("a folder without a repository is told so")
    func nothingThere() async throws {
        let folder = try TemporaryDirectory()
        let repository = GitRepository.inPlace(at: folder.path)
        let error = await #expect(throws: GitError.self) { try await repository.references() }
        #expect(error?.code == .notFound)
    }

    @Test(
        "a link that leaves the checkout stops it before a file is made",
        arguments: ["/etc/passwd", "../victim", "a/../../victim", "hop/../.."])
    func links(target: String) async throws {
        let forge = try Forge()
        try forge.repository.commit(["a/b/c.txt": "1"])
        try forge.repository.stage(mode: "120000", content: "a/b", at: "hop")
        try forge.repository.stage(mode: "120000", content: "..", at: "a/b/up")
        try forge.repository.stage(mode: "120000", content: target == "hop/../.." ? "a/b/up/../.." : target, at: "bad")
        let head = try forge.repository.commitIndex()
        try await refused(head, forge)
    }

    @Test(
        "a tree with a hostile name stops the checkout before a file is made",
        arguments: [
            ".git", ".GIT", "git~1", ".git ", ".git::$INDEX_ALLOCATION", "..", ".", "a/b", "a\\b", "a\u{1B}b",
            "a\u{202E}b",
        ])
    func hostileNames(name: String) async throws {
        let forge = try Forge()
        try forge.repository.commit(["first.txt": "1"])
        try await refused(try forge.repository.commitTree([("100644", "aa", "1"), ("100644", name, "2")]), forge)
    }

    @Test("a tree with one name twice stops the checkout")
    func twice() async throws {
        let forge = try Forge()
        try forge.repository.commit(["first.txt": "1"])
        try await refused(try forge.repository.commitTree([("120000", "a", "."), ("100644", "a", "2")]), forge)
    }

    @Test("a tree that names itself over and over is bounded")
    func bomb() async throws {
        let forge = try Forge()
        try forge.repository.commit(["leaf": "x"])
        var tree = try forge.repository.git("rev-parse", "HEAD^{tree}")
        for _ in 0..<8 {
            let lines = (0..<10).map { "040000 tree \(tree)\td\($0)\n" }.joined()
            tree = try forge.repository.git("mktree", input: Array(lines.utf8))
        }
        let head = try forge.repository.git("commit-tree", tree, "-m", "bomb")
        try await refused(head, forge, bounds: CheckoutBounds(entries: 5_000))
    }

    @Test("a tree of more bytes than allowed stops the checkout")
    func bytes() async throws {
        let forge = try Forge()
        let head = try forge.repository.commit(["a": "0123456789", "b": "0123456789"])
        try await refused(head, forge, bounds: CheckoutBounds(bytes: 19))
        try await refused(head, forge, bounds: CheckoutBounds(fileBytes: 9))
    }

    private func refused(_ commit: String, _ forge: Forge, bounds: CheckoutBounds = CheckoutBounds()) async throws {
        let out = try forge.emptyFolder()
        let repository = GitRepository.inPlace(at: forge.repository.path)
        let error = await #expect(throws: GitError.self) {
            try await repository.checkout(commit, into: out, bounds: bounds)
        }
        #expect(error.map { [.unsafeContent, .corrupt, .tooLarge].contains($0.code) } == true)
        #expect(try names(out).isEmpty)
    }

    @Test("an object that is missing is noticed before a file is made")
    func missing() async throws {
        let forge = try Forge()
        let head = try forge.repository.commit(["a.txt": "content of a"])
        let blob = try forge.repository.git("rev-parse", "HEAD:a.txt")
        try FilePath.remove(forge.repository.path.appending(".git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"))
        let out = try forge.emptyFolder()
        let repository = GitRepository.inPlace(at: forge.repository.path)
        let error = await #expect(throws: GitError.self) { try await repository.checkout(head, into: out) }
        #expect(error?.code == .corrupt)
        #expect(try names(out).isEmpty)
    }

    @Test("submodules are named with the URLs that .gitmodules has")
    func submodules() async throws {
        let forge = try Forge()
        try forge.repository.commit([
            ".gitmodules":
                "[submodule \"x\"]\n\tpath = deps/x\n\turl = ../x.git\n[submodule \"y\"]\n\turl=\"https://h/y\"\n\tpath=y\n"
        ])
        try forge.repository.git("update-index", "--add", "--cacheinfo", "160000,\(WireTests.id),deps/x")
        let head = try forge.repository.commitIndex()
        let checkout = try await GitRepository.inPlace(at: forge.repository.path).checkout(
            head, into: forge.emptyFolder())
        #expect(checkout.submodules.map(\.path.string) == ["deps/x"])
        #expect(checkout.submodules.first?.url == "../x.git")
        #expect(checkout.submodules.first?.commit == WireTests.id)
    }
}
