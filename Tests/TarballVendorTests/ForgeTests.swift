import ArtifactTypes
import Foundation
import Provisioning
import Synchronization
import TestHub
import Testing
import Transfer

@Suite("Releases of a forge")
final class ForgeTests {
    private let hub: TestHub
    private let engine = TransferEngine(logger: Releases.logger)
    private static let body = [UInt8]("an archive".utf8)

    init() throws {
        hub = try TestHub.start(TestHubOptions(token: "canary-token", pageSize: 20))
    }

    deinit {
        engine.shutdown()
    }

    private func resolve(
        _ reference: String, _ forge: String = "github", token: Bool = false, offline: Bool = false,
        known: Resolution? = nil
    ) async throws -> Resolution {
        var options: [String: VendorOptions.Value] = ["forge": .string(forge), "origin": .string(hub.hub)]
        if token { options["token"] = .secret(.environment("TOKEN")) }
        let releases = Releases(http: .engine(engine), environment: ["TOKEN": "canary-token"])
        return try await releases.vendor(options, name: "forge").resolve(
            ArtifactReference(parsing: reference),
            in: ProvisionContext(
                job: "job", kind: .worker, platform: HostPlatform(os: .linux, arch: "x86_64"), offline: offline,
                known: known, logger: Releases.logger))
    }

    private func failure(_ body: () async throws -> Resolution) async -> ProvisionError? {
        await #expect(throws: ProvisionError.self) { try await body() }
    }

    private func add(_ tag: String, _ names: [String], isPrerelease: Bool = false, isPrivate: Bool = false) throws {
        try hub.addForgeRelease(
            "acme/worker", tag: tag, assets: names.map { ForgeAsset($0, .bytes(Self.body), digest: .right) },
            isPrerelease: isPrerelease, isPrivate: isPrivate)
    }

    @Test("latest is pinned to the tag found, a pattern to the asset", arguments: ["github", "gitea", "gitlab"])
    func latest(forge: String) async throws {
        try add("v1.0", ["worker-linux-x86_64-cpu.tar.gz"])
        try add("v1.1", ["worker-Linux-AMD64-cpu.tar.gz", "worker-linux-arm64-cpu.tar.gz", "worker.sig"])
        try add("v2.0-rc", ["worker-linux-x86_64-cpu.tar.gz"], isPrerelease: true)
        for text in ["forge:acme/worker@latest:worker-{os}-{arch}-*", "forge:acme/worker:*-{arch}-{variant}.tar.gz"] {
            let resolution = try await resolve(text, forge)
            #expect(resolution.reference.description == "forge:acme/worker@v1.1:worker-Linux-AMD64-cpu.tar.gz")
            #expect(resolution.revision.hasPrefix(forge == "gitlab" ? "v1.1:" : "v1.1:sha256:"))
            #expect(resolution.metadata.unverified == (forge == "gitlab"))
            let file = try #require(resolution.files.first)
            #expect(file.unpack == .archive(strip: nil))
            let folder = forge == "gitlab" ? "-/releases/v1.1/downloads" : "releases/download/v1.1"
            let path = "/acme/worker/\(folder)/worker-Linux-AMD64-cpu.tar.gz"
            #expect(file.sources.map(\.url) == [hub.hub + path])
        }
        #expect(try await resolve("forge:acme/worker@v2.0-rc", forge).reference.revision == "v2.0-rc")
    }

    @Test("a revision that was recorded names the same file again, and no other one under its tag")
    func pinned() async throws {
        try add("v1", ["model.gguf"])
        let resolution = try await resolve("forge:acme/worker@v1")
        var reference = resolution.reference
        reference.revision = resolution.revision
        #expect(try await resolve(resolution.reference.description) == resolution)
        let releases = try Releases(http: .engine(engine)).vendor(
            ["forge": .string("github"), "origin": .string(hub.hub)], name: "forge")
        let context = ProvisionContext(job: "job", kind: .model, logger: Releases.logger)
        #expect(try await releases.resolve(reference, in: context).revision == resolution.revision)
        reference.revision = "v1:sha256:\(String(repeating: "0", count: 64))"
        let error = await failure { try await releases.resolve(reference, in: context) }
        #expect(error?.code == .revisionNotFound)
    }

    @Test("a wrong pattern, a wrong tag and one that leaves several list what there is")
    func wrong() async throws {
        try add("v1", ["tool-linux-x86_64-cpu.tar.gz", "tool-linux-x86_64-cuda.tar.gz", "SHA256SUMS.asc"])
        let none = await failure { try await resolve("forge:acme/worker@v1:nothing-*") }
        #expect(none?.code == .selectorNotFound)
        #expect(none?.description.contains("tool-linux-x86_64-cuda.tar.gz") == true)
        #expect(none?.description.contains(".asc") == false)
        let several = await failure { try await resolve("forge:acme/worker@v1:tool-{os}-{arch}-*") }
        #expect(several?.code == .selectorNotFound)
        #expect(several?.description.contains("leaves 2 assets") == true)
        let tag = await failure { try await resolve("forge:acme/worker@v9:tool-*") }
        #expect(tag?.code == .revisionNotFound)
        #expect(tag?.description.contains("it has v1") == true)
        let project = await failure { try await resolve("forge:acme/nothing@v1") }
        #expect(project?.code == .notFound)
        let placeholder = await failure { try await resolve("forge:acme/worker@v1:tool-{cpu}") }
        #expect(placeholder?.code == .invalid)
        try hub.addForgeRelease("acme/early", tag: "v0-rc", assets: [], isPrerelease: true)
        let early = await failure { try await resolve("forge:acme/early") }
        #expect(early?.description.contains("pre-releases alone: v0-rc") == true)
    }

    @Test("of a release with more assets than one answer has, all are seen")
    func pages() async throws {
        try add("v1", (0..<95).map { "asset-\($0).tar.gz" })
        let resolution = try await resolve("forge:acme/worker@v1:asset-94.tar.gz")
        #expect(resolution.reference.selector == "asset-94.tar.gz")
        #expect(hub.requests.count == 6)
    }

    @Test("a private repository is there with the token alone, which goes to the API's origin and not to the CDN")
    func token() async throws {
        let sums = "\(try sha256(Self.body))  tool.tar.gz\n"
        try hub.addForgeRelease(
            "acme/worker", tag: "v1",
            assets: [
                ForgeAsset("tool.tar.gz", .bytes(Self.body)), ForgeAsset("SHA256SUMS", .bytes([UInt8](sums.utf8))),
            ], isPrivate: true)
        let without = await failure { try await resolve("forge:acme/worker@v1:tool*") }
        #expect(without?.code == .notFound)
        #expect(without?.description.contains("set token in vendors.d") == true)
        let resolution = try await resolve("forge:acme/worker@v1:tool*", token: true)
        #expect(resolution.files.first?.digest != nil)
        let source = try #require(resolution.files.first?.sources.first)
        #expect(source.url.contains("/releases/assets/"))
        #expect(source.headers["Accept"]?.reveal() == "application/octet-stream")
        let atCDN = hub.requests.filter { $0.origin == .cdn }
        #expect(atCDN.count == 1)
        #expect(atCDN.allSatisfy { $0.headers["authorization"] == nil })
        #expect("\(resolution)".contains("canary") == false)
    }

    @Test(
        "a private project of nested groups at GitLab is there by its API alone, with each kind of token",
        arguments: [(nil, "private-token"), ("gitlab-ci-token", "job-token"), ("oauth2", "authorization")])
    func nestedGroups(username: String?, header: String) async throws {
        let sums = "\(try sha256(Self.body))  tool.tar.gz\n"
        try hub.addForgeRelease(
            "acme/teams/workers/tool", tag: "v1/rc",
            assets: [
                ForgeAsset("tool.tar.gz", .bytes(Self.body)), ForgeAsset("SHA256SUMS", .bytes([UInt8](sums.utf8))),
            ], isPrivate: true)
        var options: [String: VendorOptions.Value] = [
            "forge": .string("gitlab"), "origin": .string(hub.hub), "token": .secret(.environment("TOKEN")),
        ]
        options["username"] = username.map { .string($0) }
        let releases = Releases(http: .engine(engine), environment: ["TOKEN": "canary-token"])
        let reference = try ArtifactReference(parsing: "lab:acme/teams/workers/tool@v1/rc:tool*")
        let vendor = try releases.vendor(options, name: "lab")
        #expect(vendor.forms.contains { $0.matches(reference) })
        let resolution = try await vendor.resolve(
            reference, in: ProvisionContext(job: "job", kind: .worker, logger: Releases.logger))
        #expect(resolution.files.first?.digest?.hex == (try sha256(Self.body)))
        let source = try #require(resolution.files.first?.sources.first)
        #expect(resolution.files.first?.sources.count == 1)
        let answer = try await HTTPService.engine(engine).send(
            HTTPRequest(url: source.url, secretHeaders: source.headers, access: vendor.access))
        #expect(answer.body == Self.body)
        #expect(hub.requests.contains { $0.headers[header]?.hasSuffix("canary-token") == true })
        let atCDN = hub.requests.filter { $0.origin == .cdn }
        #expect(!atCDN.isEmpty && atCDN.allSatisfy { !"\($0.headers)".contains("canary") })
    }

    @Test("a forge that does not know its latest release is asked for all of them", arguments: ["github", "gitlab"])
    func listedLatest(forge: String) async throws {
        try add("v1.0", ["a.gguf"])
        try add("v1.1-rc", ["a.gguf"], isPrerelease: true)
        hub.setFault(
            Fault(.answer(status: 404, headers: [:], body: [])),
            on: forge == "gitlab"
                ? "/api/v4/projects/acme%2Fworker/releases/permalink/" : "/api/v3/repos/acme/worker/releases/latest")
        let resolution = try await resolve("forge:acme/worker", forge)
        #expect(resolution.reference.revision == (forge == "gitlab" ? "v1.1-rc" : "v1.0"))
    }

    @Test("a Gitea of any host is asked at that host")
    func anyHost() async throws {
        let asked = Asked()
        let error = await failure {
            try await Releases(http: .canned([:], asked)).resolve(
                "gitea:codeberg.org/acme/worker@v1:tool", ["forge": .string("gitea")])
        }
        #expect(error?.code == .unavailable)
        let url = "https://codeberg.org/api/v1/repos/acme/worker/releases/tags/v1"
        #expect(asked.requests.withLock { $0.map(\.url) } == [url])
    }

    @Test("too many requests: how long to wait, and that a token helps", arguments: [403, 429])
    func limit(status: Int) async throws {
        let reset = String(Int(Date().timeIntervalSince1970) + 600)
        let asked = Asked()
        var answer = HTTPResponse.answer(status, ["x-ratelimit-remaining": "0", "x-ratelimit-reset": reset])
        answer.url = "https://host.example/api/v3/x"
        let releases = Releases(http: .canned(["GET": answer], asked))
        let error = await failure {
            try await releases.resolve(
                "forge:acme/worker@v1", ["forge": .string("github"), "origin": .string("https://host.example")])
        }
        guard case .rateLimited(let seconds?) = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect((590...600).contains(seconds))
        #expect(error?.description.contains("set token in vendors.d") == true)
        #expect(asked.count == 1)
    }

    @Test("an API that sends questions to another origin is not believed")
    func elsewhere() async throws {
        var answer = HTTPResponse.answer(200)
        answer.url = "https://evil.example/api/v3/x"
        let releases = Releases(http: .canned(["GET": answer], Asked()))
        let error = await failure {
            try await releases.resolve(
                "forge:acme/worker@v1", ["forge": .string("github"), "origin": .string("https://host.example")])
        }
        #expect(error?.code == .untrusted)
    }

    @Test("offline nothing is asked")
    func offline() async throws {
        try add("v1", ["model.gguf"])
        let error = await failure { try await resolve("forge:acme/worker@v1", offline: true) }
        #expect(error?.code == .offline)
        #expect(hub.requests.isEmpty)
        let known = try await resolve("forge:acme/worker@v1")
        #expect(try await resolve("forge:acme/worker@v1", offline: true, known: known) == known)
    }
}
