import ArtifactTypes
import Provisioning
import TarballVendor
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    private static let token = VendorOptions.Value.secret(.environment("TOKEN"))

    @Test("every option that is read is declared")
    func declared() {
        let names = TarballVendor.module.descriptor.options.map(\.name)
        #expect(
            names == [
                "forge", "origin", "mirrors", "username", "token", "signers", "ca-file", "insecure", "timeout",
            ])
    }

    @Test("a configuration that is wrong is refused, without repeating a password")
    func refused() {
        let cases: [(String, [String: VendorOptions.Value])] = [
            ("tarball", ["token": Self.token]),
            ("tarball", ["origin": .string("ftp://host.example")]),
            ("tarball", ["origin": .string("https://user:canary@host.example")]),
            ("tarball", ["origin": .string("https://host.example/path")]),
            ("tarball", ["origin": .string("http://host.example"), "token": Self.token]),
            ("tarball", ["mirrors": .list([.string("https://host.example/?k=v")])]),
            ("tarball", ["timeout": .integer(0)]),
            ("other", [:]),
            ("other", ["forge": .string("sourceforge")]),
            ("own", ["forge": .string("gitea"), "token": Self.token]),
            ("own", ["forge": .string("gitea"), "signers": .string("relative")]),
            ("tarball", ["signers": .string("relative")]),
        ]
        for (name, options) in cases {
            let error = #expect(throws: ProvisionError.self, "\(name) \(options.keys)") {
                try Releases(http: .none).vendor(options, name: name)
            }
            #expect(error?.code == .configuration)
            #expect(error?.description.contains("canary") == false)
        }
    }

    @Test(
        "a token may go over plain http to loopback, and elsewhere where insecure is set",
        arguments: [("http://127.0.0.1:8080", false), ("http://localhost", false), ("http://host.example", true)])
    func plain(origin: String, insecure: Bool) throws {
        let vendor = try Releases(http: .none).vendor(
            ["origin": .string(origin), "token": Self.token, "insecure": .boolean(insecure)])
        #expect(vendor.access.allowInsecure == insecure)
    }

    @Test("a token goes to its origin and no mirror, a mirror's own to it, a query to no mirror")
    func tokens() async throws {
        let releases = Releases(http: .none, environment: ["TOKEN": "own\n", "MIRROR": "theirs"])
        let mirror = VendorOptions([
            "url": .string("https://second.example/base/"), "username": .string("bot"),
            "token": .secret(.environment("MIRROR")),
        ])
        let options: [String: VendorOptions.Value] = [
            "origin": .string("https://host.example"), "token": Self.token,
            "mirrors": .list([.string("https://first.example"), .table(mirror)]),
        ]
        let digest = String(repeating: "0", count: 64)
        let resolution = try await releases.resolve("https://host.example/a/x.tgz?sig=1#sha256=\(digest)", options)
        let sources = try #require(resolution.files.first).sources
        #expect(
            sources.map(\.url) == [
                "https://first.example/a/x.tgz", "https://second.example/base/a/x.tgz",
                "https://host.example/a/x.tgz?sig=1",
            ])
        #expect(
            sources.map { $0.headers["Authorization"]?.reveal() } == [nil, "Basic Ym90OnRoZWlycw==", "Bearer own"])
        let elsewhere = try await releases.resolve("https://other.example/x.tgz#sha256=\(digest)", options)
        #expect(elsewhere.files.first?.sources.last?.headers == [:])
    }
}
