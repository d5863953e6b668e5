import ArtifactTypes
import Provisioning
import Testing
import Vendors

@Suite("a reference finds its vendor")
struct MatchingTests {
    private func match(_ text: String, _ registry: VendorRegistry, kind: ArtifactKind = .model) throws
        -> VendorRegistry.Match
    {
        try registry.vendor(for: try ArtifactReference(parsing: text), kind: kind)
    }

    private func failure(_ text: String, _ registry: VendorRegistry, kind: ArtifactKind = .model) throws
        -> ProvisionError
    {
        try #require(throws: ProvisionError.self) { try self.match(text, registry, kind: kind) }
    }

    @Test("a bare org/name belongs to hf, which is filled in")
    func bare() throws {
        let match = try match("org/name@main:Q4_K_M", try Folders([]).load())
        #expect(match.name == "hf")
        #expect(match.reference.description == "hf:org/name@main:Q4_K_M")
    }

    @Test("a URL and a form's own prefix find the vendor that claims them, and stay as they are")
    func others() throws {
        let registry = try Folders([]).load()
        let url = try match("https://x.example/a.tar.gz", registry, kind: .worker)
        #expect(url.name == "tarball")
        #expect(url.reference.description == "https://x.example/a.tar.gz")
        let asset = try match("github:owner/repo@v1:linux", registry, kind: .worker)
        #expect(asset.name == "tarball")
        #expect(asset.reference.vendor == "github")
    }

    @Test("of several that claim a bare reference the highest priority wins, then the longest form, then the name")
    func priority() throws {
        let high = try Folders([["a.toml": hub("zcorp", "priority = 60")]]).load()
        #expect(try match("org/name", high).name == "zcorp")
        let longer = try Folders([["a.toml": hub("zcorp", "forms = [\"org/{name}\"]")]]).load()
        #expect(try match("org/name", longer).name == "zcorp")
        #expect(try match("else/name", longer).name == "hf")
        let first = try Folders([["a.toml": hub("acorp"), "z.toml": hub("zcorp")]]).load()
        #expect(try match("org/name", first).name == "acorp")
    }

    @Test("an unknown prefix is invalid and names the nearest of the known")
    func unknown() throws {
        let error = try failure("hff:org/name", try Folders([["c.toml": hub("corp")]]).load())
        #expect(error.code == .invalid)
        #expect(error.message.contains("corp, forge, github, hf, tarball"))
        #expect(error.remedy?.contains("\"hf\"") == true)
    }

    @Test("a vendor whose file is broken is a configuration error with file and line, never another vendor")
    func broken() throws {
        let folders = try Folders([["1.toml": hub("corp")], ["2.toml": hub("corp", "priorty = 1")]])
        let error = try failure("corp:org/name", folders.load())
        #expect(error.code == .configuration)
        #expect(error.message.contains("2.toml:3:1"))
        let syntax = try Folders([["x.toml": "name = 'corp'\nmodule ="]])
        #expect(try failure("corp:org/name", syntax.load()).message.contains("x.toml:2"))
    }

    @Test("where hf's own file is broken, a bare reference fails with its place")
    func brokenDefault() throws {
        let error = try failure("org/name", try Folders([["hf.toml": hub("hf", "x = 1")]]).load())
        #expect(error.code == .configuration)
        #expect(error.message.contains("hf.toml:3:1"))
    }

    @Test("a disabled vendor says so by name and is passed over otherwise")
    func disabled() throws {
        let registry = try Folders([["c.toml": hub("corp", "priority = 90\nenabled = false")]]).load()
        let error = try failure("corp:org/name", registry)
        #expect(error.code == .configuration)
        #expect(error.message.contains("is disabled in"))
        #expect(try match("org/name", registry).name == "hf")
    }

    @Test("a vendor of models is not asked for a worker")
    func kind() throws {
        let registry = try Folders([]).load()
        #expect(try failure("hf:org/name", registry, kind: .worker).code == .invalid)
        #expect(try failure("org/name", registry, kind: .worker).code == .invalid)
    }

    @Test("a reference that its vendor does not take names the forms that it does")
    func forms() throws {
        let error = try failure("hf:name", try Folders([]).load())
        #expect(error.code == .invalid)
        #expect(error.remedy == "it takes hf:{org}/{name}, {org}/{name}")
    }

    @Test("an explanation names every vendor, what became of it, and the winner")
    func explanation() throws {
        let registry = try Folders([
            [
                "a.toml": hub("acorp", "priority = 60"), "b.toml": hub("bcorp", "x = 1"),
                "d.toml": hub("dcorp", "enabled = false"),
                "w.toml": worker("w", vendor: "builder"),
            ]
        ]).load()
        let explanation = registry.explain(try ArtifactReference(parsing: "org/name"), kind: .model)
        let verdicts = Dictionary(uniqueKeysWithValues: explanation.considered.map { ($0.name, $0.verdict) })
        #expect(
            verdicts == [
                "hf": .matches, "tarball": .doesNotMatch, "forge": .otherKind, "acorp": .matches, "bcorp": .broken,
                "dcorp": .disabled,
                "builder": .otherKind,
            ])
        #expect(explanation.winner == "acorp")
        let named = registry.explain(try ArtifactReference(parsing: "bcorp:org/name"), kind: .model)
        #expect(named.winner == nil)
        #expect(named.error?.code == .configuration)
        #expect(named.considered.first { $0.name == "hf" }?.verdict == .notAsked)
    }
}
