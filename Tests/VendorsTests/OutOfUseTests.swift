import ArtifactTypes
import Provisioning
import Testing
import Vendors

@Suite("what is a broken or disabled vendor's goes to no other")
struct OutOfUseTests {
    private static let url = "https://rel.example/tool.tar.gz"
    private static let head = "name = \"rel\"\nmodule = \"forge\"\n"
    private static let table = "[forge]\norigin = \"https://rel.example\"\nsigners = \"/etc/signers\"\n"

    private func match(_ text: String, _ registry: VendorRegistry) throws -> VendorRegistry.Match {
        try registry.vendor(for: try ArtifactReference(parsing: text), kind: .worker)
    }

    private func expectKept(_ reference: String, by registry: VendorRegistry, file: String) throws {
        let error = try #require(throws: ProvisionError.self) { try self.match(reference, registry) }
        #expect(error.code == .configuration)
        #expect(error.message.contains("is vendor rel's") && error.message.contains(file), "\(error)")
        let explanation = registry.explain(try ArtifactReference(parsing: reference), kind: .worker)
        #expect(explanation.winner == nil && explanation.error == error)
        #expect(explanation.considered.first { $0.name == "rel" }?.form != nil)
    }

    @Test("disabled, its server's URLs are refused with the way to enable it")
    func disabled() throws {
        let folders = try Folders([["rel.toml": Self.head + Self.table]])
        #expect(try match(Self.url, folders.load()).name == "rel")
        _ = try folders.load().set(enabled: false, of: "rel", folder: folders.paths[0])
        try expectKept(Self.url, by: folders.load(), file: "rel.toml")
        let error = #expect(throws: ProvisionError.self) { try match(Self.url, folders.load()) }
        #expect(error?.remedy?.contains("rbee-hive vendor enable rel") == true)
        #expect(try match("https://other.example/tool.tar.gz", folders.load()).name == "tarball")
        #expect(try match("https://rel.example.org/tool.tar.gz", folders.load()).name == "tarball")
    }

    @Test(
        "broken in any of these ways, its server's URLs are still its own",
        arguments: [
            head + table + "mirors = []\n",
            "priorty = 1\n" + head + table,
            "name = \"rel\"\nmodule = \"forg\"\n" + table,
            "name = \"rel\"\n" + table,
            head + "[forge]\norign = \"https://rel.example\"\n",
            head + "[forge]\norigin = \"https://rel.example/path\"\n",
            head + "[forge]\norigin = \"https://me:secret@rel.example\"\n",
            head + "[forge]\norigin = \"rel.example\"\n",
            head + "[forge]\norigin = \"https://rel.example\"\nsigners = \"not/absolute\"\n",
            head + "[forge]\norigin = \"https://rel.example\"\nmirrors = 7\n",
            head + "[forge\norigin = \"https://rel.example\"\n",
            head + table + "mirrors = [\n",
            head + "trust = { organizations = \"rel\" \n" + table,
            "name = \"rel\"\nmodule = \"process\"\nforms = [\"https://rel.example/{path*}\"]\n[process]\ncomand = []\n",
            head + "provides = [\"worker\"]\r\n" + table,
        ])
    func broken(_ text: String) throws {
        try expectKept(Self.url, by: try Folders([["rel.toml": text]]).load(), file: "rel.toml")
    }

    @Test("a broken file keeps what the file that it replaces has, and so do two of one name")
    func replaced() throws {
        let below = Self.head + Self.table
        try expectKept(Self.url, by: try Folders([["rel.toml": below], ["rel.toml": "?"]]).load(), file: "rel.toml")
        let twice = try Folders([["a.toml": below, "b.toml": below]])
        try expectKept(Self.url, by: twice.load(), file: "b.toml")
    }

    @Test("another spelling of the host is the same host, and the same id")
    func spelling() throws {
        let whole = try Folders([["rel.toml": Self.head + Self.table]]).load()
        let disabled = try Folders([["rel.toml": Self.head + "enabled = false\n" + Self.table]]).load()
        for url in [
            "HTTPS://REL.Example/tool.tar.gz", "https://rel.example:443/tool.tar.gz",
            "https://rel.example./tool.tar.gz",
            "https://rel.example:/tool.tar.gz", "https://rel.example.:0443/tool.tar.gz",
        ] {
            let found = try match(url, whole)
            #expect(found.name == "rel")
            #expect(found.reference.description == Self.url)
            try expectKept(url, by: disabled, file: "rel.toml")
        }
        #expect(try match("https://me@rel.example/tool.tar.gz", whole).name == "rel")
    }

    @Test("a bare name is kept by a broken vendor that has precedence, and left by a disabled one")
    func bare() throws {
        let bare = try ArtifactReference(parsing: "org/name")
        func winner(_ more: String) throws -> String? {
            let registry = try Folders([["rel.toml": hub("rel", more)]]).load()
            return registry.explain(bare, kind: .model).winner
        }
        #expect(try winner("priority = 60") == "rel")
        #expect(try winner("priority = 60\nx = 1") == nil)
        #expect(try winner("x = 1") == "hf")
        #expect(try winner("priority = 60\nenabled = false") == "hf")
        #expect(try winner("forms = [\"org/{name}\"]\nenabled = false") == nil)
        #expect(try winner("priority = 60\nprovides = [\"workers\"]\nx = 1") == nil)
    }

    @Test("what an imported artifact's vendor is set to counts while it is disabled, and not while it is unknown")
    func configuration() throws {
        let trust = Self.head + "trust = { formats = [\"gguf\"] }\nenabled = false\n" + Self.table
        let registry = try Folders([["rel.toml": trust, "odd.toml": hub("odd", "x = 1")]]).load()
        let url = try ArtifactReference(parsing: Self.url)
        #expect(try registry.holder(of: url, kind: .worker)?.configuration.trust.formats == ["gguf"])
        let unknown = try ArtifactReference(parsing: "nobody:org/name")
        #expect(try registry.holder(of: unknown, kind: .model)?.name == nil)
        let broken = try ArtifactReference(parsing: "odd:org/name")
        #expect(throws: ProvisionError.self) { try registry.holder(of: broken, kind: .model) }
    }
}
