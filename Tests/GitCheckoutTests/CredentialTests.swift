import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import GitCheckout

@Suite("credentials that nobody configured here", .serialized, .timeLimit(.minutes(1)))
struct CredentialTests {
    private static let secret = "canary-7c21=9 d8e"

    /// A home folder with a git configuration, and a helper that writes down what it is asked and what everybody can see.
    private struct Home {
        let folder = try! TemporaryDirectory()
        var environment: [String: String] {
            [
                "HOME": folder.path.string, "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": folder.path.appending("gitconfig").string,
            ]
        }

        func configure(_ text: String) throws { try folder.write(text.utf8, to: "gitconfig") }

        /// - Parameter secret: what it answers; nil for nothing.
        func addHelper(_ secret: String?) throws {
            let path = folder.path
            if let secret { try folder.write("username=bot\npassword=\(secret)\n".utf8, to: "answer") }
            try folder.script(
                "helper",
                """
                echo "$1" >> \(path)/actions
                cat > \(path)/asked.$1
                cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >> \(path)/visible
                [ "$1" != get ] || cat \(path)/answer 2>/dev/null || true
                """)
            try configure("[credential]\n\thelper = \(path)/helper\n")
        }

        func text(_ name: String) -> String {
            (try? String(contentsOfFile: folder.path.appending(name).string, encoding: .utf8)) ?? ""
        }

        var actions: [String] { text("actions").split(separator: "\n").map(String.init) }
    }

    private func forge(_ home: Home) throws -> Forge {
        var forge = try Forge(user: "bot", password: Self.secret)
        try forge.repository.commit(["a": "1"])
        forge.client = GitClient(engine: Forge.engine, environment: home.environment, logger: Forge.logger)
        return forge
    }

    @Test("a helper is asked once, told that its answer was good, and its secret is in no argument list")
    func helper() async throws {
        let home = Home()
        try home.addHelper(Self.secret)
        let forge = try forge(home)
        for _ in 1...2 { #expect(try await forge.session().references(["HEAD"]).find(.head) != nil) }
        #expect(home.actions == ["get", "store"])
        #expect(home.text("asked.get").contains("host=127.0.0.1:"))
        #expect(home.text("asked.store").contains("password=\(Self.secret)"))
        #expect(home.text("visible").contains("credential fill"))
        #expect(!home.text("visible").contains("canary"))
    }

    @Test("a helper's answer that is refused is taken back, and netrc comes next")
    func refused() async throws {
        let home = Home()
        try home.addHelper("old")
        let forge = try forge(home)
        let error = await #expect(throws: GitError.self) { try await forge.session() }
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("git's credential helper") == true)
        #expect(home.actions == ["get", "erase"])
        let netrc = try home.folder.write(
            "machine 127.0.0.1 login bot password \"\(Self.secret)\"\n".utf8, to: ".netrc")
        chmod(netrc.string, 0o600)
        #expect(try await forge.session().references(["HEAD"]).find(.head) != nil)
    }

    @Test("git's own store and a helper for one host alone work as git has them")
    func store() async throws {
        let home = Home()
        let forge = try forge(home)
        try home.configure("[credential \"\(forge.url.origin)\"]\n\thelper = store\n\tusername = bot\n")
        let text = "http://bot:canary-7c21=9%20d8e@\(forge.url.authority)\n"
        let file = try home.folder.write(text.utf8, to: ".git-credentials")
        chmod(file.string, 0o600)
        #expect(try await forge.session().references(["HEAD"]).find(.head) != nil)
    }

    @Test("nobody is asked: without an answer the server's refusal is the error")
    func noPrompt() async throws {
        let home = Home()
        let forge = try forge(home)
        for secret in [nil, ""] as [String?] {
            try home.addHelper(secret)
            let error = await #expect(throws: GitError.self) { try await forge.session() }
            #expect(error?.code == .unauthorized)
            #expect(error?.remedy?.contains("credential helper") == true)
        }
    }

    @Test("what vendors.d names comes first, and where it is refused nothing else is tried")
    func configured() async throws {
        let home = Home()
        try home.addHelper(Self.secret)
        let forge = try forge(home)
        let error = await #expect(throws: GitError.self) {
            try await forge.session(GitCredential(username: "bot", token: Secret("other")))
        }
        #expect(error?.code == .unauthorized)
        #expect(home.actions.isEmpty)
    }

    @Test("the longest prefix that insteadOf names is replaced, once, and pushInsteadOf by nothing")
    func insteadOf() throws {
        let home = Home()
        try home.configure(
            """
            [url "https://mirror.example/all/"]
                insteadOf = https://github.com/
                insteadOf = git@github.com:
            [url "ssh://git@mirror.example/org/"]
                insteadOf = https://github.com/org/
            [url "https://push.example/"]
                pushInsteadOf = https://github.com/org/name
            [include]
                path = more
            """)
        try home.folder.write("[url \"/srv/git/\"]\n\tinsteadOf = https://local.example/\n".utf8, to: "more")
        var environment = home.environment
        environment["GIT_CONFIG_COUNT"] = "1"
        environment["GIT_CONFIG_KEY_0"] = "url.https://counted.example/.insteadOf"
        environment["GIT_CONFIG_VALUE_0"] = "https://count.example/"
        let configuration = try GitConfiguration(environment: environment)
        for (from, to) in [
            ("https://github.com/x/y.git", "https://mirror.example/all/x/y.git"),
            ("git@github.com:x/y.git", "https://mirror.example/all/x/y.git"),
            ("https://github.com/org/name.git", "ssh://mirror.example/org/name.git"),
            ("https://local.example/y", "file:///srv/git/y"), ("https://count.example/y", "https://counted.example/y"),
            ("https://gitlab.com/x/y", "https://gitlab.com/x/y"),
        ] {
            #expect(try configuration.rewriting(GitURL(from)).description == to)
        }
        let error = #expect(throws: GitError.self) {
            try configuration.rewriting(GitURL("https://local.example/../../etc"))
        }
        #expect(error?.code == .unsafeContent)
        #expect(try GitConfiguration(environment: ["GIT_CONFIG_NOSYSTEM": "1"]) == GitConfiguration())
    }

    @Test("of the proxies that the configuration names, the one for the longest URL is taken, and none by an empty one")
    func proxies() throws {
        let home = Home()
        try home.configure(
            """
            [http]
                proxy = http://all.example:3128
            [http "https://git.corp.example"]
                proxy =
            [http "https://git.corp.example/far/"]
                proxy = socks5h://far.example
            """)
        let configuration = try GitConfiguration(environment: home.environment)
        for (url, proxy) in [
            ("https://github.com/x", "http://all.example:3128"), ("https://git.corp.example/x", nil),
            ("https://git.corp.example/far/x", "socks5h://far.example"),
            ("https://git.corp.example.evil.example/x", "http://all.example:3128"),
        ] {
            #expect(try configuration.proxy(for: GitURL(url)) == proxy, "\(url)")
        }
    }

    @Test("a configuration that does not parse is named")
    func malformed() throws {
        let home = Home()
        try home.configure("[url \"x\n")
        let error = #expect(throws: GitError.self) { try GitConfiguration(environment: home.environment) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("gitconfig") == true)
    }
}
