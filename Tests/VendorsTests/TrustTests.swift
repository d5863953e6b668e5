import ArtifactTypes
import Provisioning
import Testing
import Vendors

@Suite("a vendor's trust table")
struct TrustTests {
    private func configuration(_ trust: String) throws -> VendorConfiguration {
        let registry = try Folders([["corp.toml": hub("corp", "\n\(trust)")]]).load()
        return try registry.vendor(named: "corp").configuration
    }

    private func resolution(
        _ reference: String, files: [(String, Int64?)] = [("m.gguf", 10)], license: String? = "apache-2.0"
    ) throws -> Resolution {
        let files = try files.map { path, size in
            RemoteFile(path: try RelativePath(path), size: size, digest: nil, sources: [])
        }
        return Resolution(
            reference: try ArtifactReference(parsing: reference), vendor: "corp", kind: .model, revision: "1",
            payload: .files(files, listing: .exact), metadata: .init(license: license))
    }

    private func verdicts(
        _ trust: String, _ reference: ArtifactReference, _ resolution: Resolution, unpacked: [RemoteFile]? = nil
    ) throws -> [TrustVerdict] {
        try configuration(trust).verdicts(on: reference, resolution, unpacked: unpacked, by: FormsOnly(forms: []))
    }

    /// The rule that refuses, if any.
    private func refusal(_ trust: String, _ resolution: Resolution) throws -> VendorTrust.Rule? {
        let words = try verdicts(trust, resolution.reference, resolution)
        return words.first { $0.word == .refuses }?.rule
    }

    @Test("an error names the rule, its file and line, what was asked, and what to do")
    func error() throws {
        let configuration = try configuration("[trust]\norganizations = [\"corp\", \"lab-*\"]\nmax-size = \"40G\"")
        let error = try #require(throws: ProvisionError.self) {
            try configuration.checkTrust(
                try ArtifactReference(parsing: "corp:evil/name"), by: FormsOnly(forms: []))
        }
        #expect(error.code == .untrusted)
        let line = try #require(configuration.trustLines[.organizations])
        #expect(error.message.contains("corp:evil/name") && error.message.contains("of evil"))
        #expect(error.message.contains("organizations corp, lab-*") && error.message.contains("corp.toml:\(line))"))
        #expect(error.remedy?.contains("organizations") == true)
        #expect(configuration.trustLines[.maximumSize] == line + 1)
        #expect(configuration.trust.maximumSize == 40_000_000_000)
    }

    @Test("organizations may be patterns, and a repository that has moved is judged by both its names")
    func organizations() throws {
        let trust = "[trust]\norganizations = [\"corp\", \"lab-*\"]"
        #expect(try refusal(trust, resolution("corp:corp/name")) == nil)
        #expect(try refusal(trust, resolution("corp:lab-1/name")) == nil)
        #expect(try refusal(trust, resolution("corp:corp2/name")) == .organizations)
        #expect(try refusal(trust, resolution("https://corp.example/x.gguf")) == .organizations)
        #expect(
            try refusal("[trust]\norganizations = [\"*.example\"]", resolution("https://corp.example/x.gguf")) == nil)
        let moved = try verdicts(
            trust, try ArtifactReference(parsing: "corp:corp/name"), resolution("corp:evil/name"))
        #expect(moved.map(\.word) == [.refuses])
    }

    @Test("formats are a file's ending; what describes a model comes with any, a program does not")
    func formats() throws {
        let trust = "[trust]\nformats = [\"gguf\", \".Safetensors\", \"tar.gz\"]"
        let taken = ["a.gguf", "a/b.SAFETENSORS", "config.json", "LICENSE", ".gitattributes", "x.tar.gz", "t.model"]
        #expect(try refusal(trust, resolution("corp:o/n", files: taken.map { ($0, 1) })) == nil)
        for name in ["a.bin", "modeling.py", "weights", "x.tar.xz", "gguf", "x.gguf.pkl"] {
            #expect(
                try refusal(trust, resolution("corp:o/n", files: [("a.gguf", 1), (name, 1)]))
                    == (name == "gguf" ? nil : .formats),
                "\(name)")
        }
        var git = try resolution("corp:o/n")
        git.payload = .git(GitPayload(url: "https://x", ref: nil, commit: "1"))
        #expect(try refusal(trust, git) == .formats)
        #expect(try refusal("[trust]\nformats = [\"git\"]", git) == nil)
    }

    @Test("licenses are compared in any case; none is not taken where some are named")
    func licenses() throws {
        let trust = "[trust]\nlicenses = [\"MIT\", \"apache-*\"]"
        for license in ["mit", "Apache-2.0"] {
            #expect(try refusal(trust, resolution("corp:o/n", license: license)) == nil)
        }
        for license in ["other", nil] {
            #expect(try refusal(trust, resolution("corp:o/n", license: license)) == .licenses)
        }
    }

    @Test("the size of all files together counts, also where it is more than 63 bits hold")
    func size() throws {
        let trust = "[trust]\nmax-size = \"1k\""
        #expect(try refusal(trust, resolution("corp:o/n", files: [("a.gguf", 500), ("b.gguf", 500)])) == nil)
        #expect(try refusal(trust, resolution("corp:o/n", files: [("a.gguf", 500), ("b.gguf", 501)])) == .maximumSize)
        #expect(
            try refusal(trust, resolution("corp:o/n", files: [("a.gguf", .max), ("b.gguf", .max)])) == .maximumSize)
        let words = try verdicts(
            trust, try ArtifactReference(parsing: "corp:o/n"), resolution("corp:o/n", files: [("a.gguf", nil)]))
        #expect(words.map(\.word) == [.unknown])
    }

    @Test("before the vendor is asked the organization can be told, and nothing else")
    func offline() throws {
        let trust = "[trust]\norganizations = [\"corp\"]\nformats = [\"gguf\"]\nlicenses = [\"mit\"]\nmax-size = 10"
        let registry = try Folders([["corp.toml": hub("corp", "\n\(trust)")]]).load()
        let explained = registry.explain(try ArtifactReference(parsing: "corp:corp/name"), kind: .model)
        #expect(explained.trust.map(\.word) == [.takes, .unknown, .unknown, .unknown])
        let evil = registry.explain(try ArtifactReference(parsing: "corp:evil/name"), kind: .model)
        #expect(evil.trust.first?.word == .refuses)
        #expect(evil.trust.allSatisfy { $0.line != nil })
    }

    @Test("a size that is none is an error of the file", arguments: ["\"many\"", "0", "\"-1\"", "true"])
    func badSize(text: String) throws {
        let registry = try Folders([["corp.toml": hub("corp", "\n[trust]\nmax-size = \(text)")]]).load()
        #expect(registry.entry("corp")?.error?.message.contains("max-size") == true)
    }

    @Test("of a model's archive what comes out is judged, of a worker's the archive; the size of both ways")
    func unpacked() throws {
        var packed = try resolution("corp:o/n", files: [("layer-1.tar", 10)])
        guard case .files(var files, let listing) = packed.payload else { return }
        files[0].unpack = .archive(strip: 0)
        packed.payload = .files(files, listing: listing)
        func word(_ trust: String, _ unpacked: [(String, Int64)]?) throws -> TrustVerdict.Word? {
            let files = try unpacked?.map { path, size in
                RemoteFile(path: try RelativePath(path), size: size, digest: nil, sources: [])
            }
            return try verdicts("[trust]\n\(trust)", packed.reference, packed, unpacked: files).first?.word
        }
        let formats = "formats = [\"gguf\"]"
        #expect(try word(formats, nil) == .unknown)
        #expect(try word(formats, [("m.gguf", 1), ("config.json", 1)]) == .takes)
        #expect(try word(formats, [("m.gguf", 1), ("run.sh", 1)]) == .refuses)
        #expect(try word("max-size = 20", nil) == .takes)
        #expect(try word("max-size = 20", [("m.gguf", 21)]) == .refuses)
        #expect(try word("max-size = 9", nil) == .refuses)
        packed.kind = .worker
        #expect(try word("formats = [\"tar\"]", [("bin/worker", 1)]) == .takes)
        #expect(try word("formats = [\"zip\"]", nil) == .refuses)
    }

    @Test(
        "a list that takes nothing, or by being empty everything, is an error of the file, with its line",
        arguments: [
            "organizations = []", "licenses = []", "formats = []", "organizations = [\"corp\", \"\"]",
            "organizations = [\"a/b\"]", "licenses = [\"\"]", "formats = [\"\"]", "formats = [\"*\"]",
            "formats = [\".\"]", "formats = [\"q4.gguf\"]",
        ])
    func badList(rule: String) throws {
        let registry = try Folders([["corp.toml": hub("corp", "\n[trust]\n\(rule)")]]).load()
        let error = registry.entry("corp")?.error
        #expect(error?.message.contains(String(rule.prefix { $0 != " " })) == true)
        #expect(error?.line == 5)
    }
}
