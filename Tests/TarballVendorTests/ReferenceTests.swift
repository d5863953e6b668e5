import ArtifactTypes
import Provisioning
import TarballVendor
import Testing

@Suite("References")
struct ReferenceTests {
    private let releases = Releases(http: .none)
    private static let sha256 = String(repeating: "ab", count: 32)
    private static let sha512 = String(repeating: "cd", count: 64)

    @Test(
        "what becomes of a file stands in its name",
        arguments: [
            ("tool-1.0.tar.gz", "tool-1.0.tar.gz", Unpack.archive(strip: nil)),
            ("tool.tgz", "tool.tgz", .archive(strip: nil)), ("tool.tar.zst", "tool.tar.zst", .archive(strip: nil)),
            ("tool.tar.xz", "tool.tar.xz", .archive(strip: nil)),
            ("tool.tar.bz2", "tool.tar.bz2", .archive(strip: nil)),
            ("tool.tar.lz4", "tool.tar.lz4", .archive(strip: nil)), ("tool.tar", "tool.tar", .archive(strip: nil)),
            ("TOOL.ZIP", "TOOL.ZIP", .archive(strip: nil)), ("model.gguf", "model.gguf", .none),
            ("model.gguf.zst", "model.gguf", .single), ("model.gz", "model", .single), (".gz", ".gz", .none),
            ("with%20space+plus.bin", "with space+plus.bin", .none), ("na%C3%AFve", "naïve", .none),
        ])
    func unpacking(name: String, path: String, unpack: Unpack) async throws {
        let resolution = try await releases.resolve("https://host.example/a/\(name)#sha256=\(Self.sha256)")
        let file = try #require(resolution.files.first)
        #expect(resolution.files.count == 1)
        #expect(file.path.string == path)
        #expect(file.unpack == unpack)
        #expect(file.sources.map(\.url) == ["https://host.example/a/\(name)"])
    }

    @Test("a digest is the revision, and nothing is asked", arguments: ["sha256", "sha512"])
    func digest(algorithm: String) async throws {
        let hex = algorithm == "sha256" ? Self.sha256 : Self.sha512
        let resolution = try await releases.resolve(
            "https://HOST.example:443/x.tar.gz#\(algorithm)=\(hex.uppercased())", offline: true)
        #expect(resolution.revision == "\(algorithm):\(hex)")
        #expect(resolution.files.first?.digest?.description == "\(algorithm):\(hex)")
        #expect(resolution.files.first?.size == nil)
        #expect(resolution.metadata.unverified == false)
        #expect(resolution.reference.description == "https://host.example/x.tar.gz#\(algorithm)=\(hex)")
        guard case .files(_, listing: .exact) = resolution.payload else {
            Issue.record("not an exact listing")
            return
        }
    }

    @Test(
        "a reference that cannot be meant is malformed, and its query is not repeated",
        arguments: [
            "https://host.example/?k=canary", "https://host.example/dir/?k=canary", "https://host.example",
            "https://user@host.example/x?k=canary", "https://host.example:0/x", "https://host.example:port/x",
            "https://host.example/a%2Fb?k=canary", "https://host.example/%2e%2e?k=canary",
            "https://host.example/%00?k=canary", "https://host.example/%FF?k=canary",
            "https://host.example/%zz?k=canary", "https://host.example/a%5Cb?k=canary",
            "https://host.example\\@evil.example/x", "https://[::1/x", "https://host.example/x?k=canary#sha256=abc",
            "https://host.example/x?k=canary#md5=d41d8cd98f00b204e9800998ecf8427e",
            "https://host.example/x?k=canary#sha256=\(sha256)&sha512=\(sha512)",
            "https://host.example/x?k=canary#sha256=\(sha256)&sha256=\(sha256)",
        ])
    func malformed(text: String) async throws {
        let error = await #expect(throws: ProvisionError.self) { try await releases.resolve(text) }
        #expect(error?.code == .invalid)
        #expect(error?.description.contains("canary") == false)
    }

    @Test("the built-in instance takes http and https, and one with an origin its own URLs")
    func forms() throws {
        let builtIn = try #require(TarballVendor.module.descriptor.builtIn.first)
        #expect(builtIn.name == "tarball")
        let everything = try releases.vendor()
        let own = try releases.vendor(["origin": .string("https://Releases.example/")], name: "releases")
        let url = try ArtifactReference(parsing: "https://releases.example/x.tar.gz")
        let plain = try ArtifactReference(parsing: "http://127.0.0.1:8080/x.tar.gz?a=b")
        #expect(everything.forms.contains { $0.matches(url) })
        #expect(everything.forms.contains { $0.matches(plain) })
        #expect(own.forms.contains { $0.matches(url) })
        #expect(!own.forms.contains { $0.matches(plain) })
        let specificity = try #require(everything.forms.map(\.specificity).max())
        #expect(own.forms.allSatisfy { $0.specificity > specificity })
    }

    @Test("the host that a URL names is a configured origin, for that reference alone")
    func access() throws {
        let vendor = try releases.vendor(["mirrors": .list([.string("http://10.0.0.1:80/cache")])])
        #expect(vendor.access.configuredOrigins == ["http://10.0.0.1"])
        let access = vendor.access(for: try ArtifactReference(parsing: "http://127.0.0.1:8080/x?y=z"))
        #expect(access.configuredOrigins == ["http://127.0.0.1:8080", "http://10.0.0.1"])
    }
}
