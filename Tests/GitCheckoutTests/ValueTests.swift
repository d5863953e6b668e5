import Testing

@testable import GitCheckout

@Suite("git's values")
struct ValueTests {
    @Test(
        "a repository's URL prints without its user",
        arguments: [
            ("https://git.example/a/b.git", "https://git.example/a/b.git"),
            ("https://bot@Git.Example:8443/a.git", "https://git.example:8443/a.git"),
            ("git@github.com:org/name.git", "github.com:org/name.git"),
            ("ssh://git@host:22/x", "ssh://host:22/x"),
            ("/srv/git/x.git", "file:///srv/git/x.git"),
            ("file:///srv/x", "file:///srv/x"), ("file://localhost/srv/x", "file:///srv/x"),
        ])
    func printed(text: String, expected: String) throws {
        #expect(try GitURL(text).description == expected)
    }

    @Test(
        "a URL that could be taken for anything else is refused",
        arguments: [
            "", "-u./x", "--upload-pack=x", "ext::sh -c x", "https://-oProxyCommand=x/y", "ssh://-x/y", "ssh://h/a'b",
            "https://user:secret@host/x", "ftp://host/x", "https://host", "https:///x", "file://host/x", "x/y",
            "https://host/x?y=1", "https://host/x#y", "https://host/a b", "https://host/a\nb", "ssh://-u@h/x",
            "ssh://h;x/y", "ssh://$(x)/y", "ssh://u`x`@h/y", "ssh://h:0/x", "ssh://h:22x/y", "ssh://h/a%27b",
            "ssh://h/a%0Ab",
            "h:-x", "h:a'b", "[-h]:x",
        ])
    func refused(text: String) {
        let error = #expect(throws: GitError.self) { try GitURL(text) }
        #expect(error?.description.contains("secret") == false)
    }

    @Test("a submodule's URL is relative to its superproject, and climbs no further than the host")
    func relative() throws {
        let base = try GitURL("https://git.example/org/name.git")
        #expect(try base.resolving("../other.git").description == "https://git.example/org/other.git")
        #expect(try base.resolving("./sub.git").description == "https://git.example/org/name.git/sub.git")
        #expect(try base.resolving("https://else.example/x.git").origin == "https://else.example")
        #expect(throws: GitError.self) { try base.resolving("../../../x") }
        #expect(throws: GitError.self) { try base.resolving("-u./x") }
    }

    @Test(
        "names that git does not allow are none",
        arguments: ["", "-x", "a..b", "a b", "a~1", "x.lock", "a//b", ".a", "@", "a@{1}", "a\n"])
    func names(name: String) {
        #expect(!GitRevision.isName(name))
    }

    @Test("of several tags at a commit the highest version is taken")
    func versions() {
        let id = String(repeating: "0", count: 40)
        let names = ["v0.9.0", "v0.10.0", "v0.2.1"]
        let references = GitReferences(names.map { .init(name: "refs/tags/\($0)", commit: id) })
        #expect(references.tag(at: id) == "v0.10.0")
        #expect(references.names(like: "v0.9").first == "v0.9.0")
    }

    @Test(
        "a link is followed through other links before it is trusted",
        arguments: [
            (["a": "b"], true), (["a/b": "../c"], true), (["a/b": "../../c"], false), (["a": "/etc/passwd"], false),
            (["a": ""], false), (["a/b/c": "../..", "x": "a/b/c/../.."], false),
            (["a/b/c": "../..", "x": "a/b/c/y"], true),
            (["a": "b", "b": "a"], true), (["a": "b/..", "b": "c/d"], true), (["a": "sub/x"], true),
            (["a": "sub/x/../.."], false),
        ])
    func links(targets: [String: String], isSafe: Bool) {
        let policy = LinkPolicy(targets: targets, opaque: ["sub"])
        if isSafe {
            #expect(throws: Never.self) { try policy.check() }
        } else {
            #expect(throws: GitError.self) { try policy.check() }
        }
    }
}
