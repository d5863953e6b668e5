import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import GitVendor

@Suite("mirrors", .serialized, .timeLimit(.minutes(1)))
struct MirrorTests {
    /// A primary at two commits, a mirror that stayed at the first, and a good one behind a token.
    fileprivate struct Site {
        let world: World
        let repository: TestRepository
        let old: TestRepository
        let head: String
        let url: String
        let stale: String
        let good: String
        /// Nobody listens there.
        let dead = "http://127.0.0.1:9/x.git"

        init(environment: [String: String] = [:]) throws {
            world = try World(environment: environment)
            repository = try TestRepository()
            try repository.commit(["main.c": "old"])
            old = try TestRepository()
            try old.git("fetch", "-q", repository.path.string, "main")
            try old.git("reset", "-q", "--hard", "FETCH_HEAD")
            head = try repository.commit(["main.c": "new"])
            try repository.git("tag", "v0.1.0")
            url = world.hub.addGit("primary", repository: repository.path)
            stale = world.hub.addGit("stale", repository: old.path)
            good = world.hub.addGit("good", repository: repository.path, user: "bot", password: World.token)
        }

        func mirror(_ url: String, token: String = "TOKEN") -> VendorOptions.Value {
            .table(
                VendorOptions(["url": .string(url), "username": .string("bot"), "token": .secret(.environment(token))]))
        }
    }

    @Test("a dead and a stale mirror are passed over and named, and the third serves behind its token")
    func third() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner([
            "url": .string(site.url), "branch": .string("main"),
            "mirrors": .list([.string(site.dead), .string(site.stale), site.mirror(site.good)]),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        #expect(resolution.revision == site.head)
        #expect(resolution.git?.ref == "refs/heads/main")
        #expect(resolution.git?.tag == "v0.1.0")
        #expect(!resolution.metadata.unverified)
        let staging = try site.world.staging()
        let fetched = try await vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(try site.world.text("main.c", in: staging) == "new")
        #expect(fetched.git?.mirror == site.good)
        #expect(fetched.git?.tree == (try site.repository.git("rev-parse", "HEAD^{tree}")))
        #expect(fetched.metadata.skipped.map(\.url) == [site.dead, site.stale])
        #expect(fetched.metadata.skipped.last?.reason.contains("is at") == true)
        #expect(site.world.notices.all.count == 2)
        try site.noToken()
    }

    @Test("a second fetch of the same commit asks nobody")
    func kept() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner(["url": .string(site.url)])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        _ = try await vendor.fetch(resolution, into: site.world.staging(), in: site.world.context())
        site.world.hub.forgetRequests()
        let again = try site.world.staging("again")
        _ = try await vendor.fetch(resolution, into: again, in: site.world.context(offline: true))
        #expect(try site.world.text("main.c", in: again) == "new")
        #expect(site.world.hub.requests.isEmpty)
    }

    @Test("a kept mirror that is damaged is fetched again")
    func damaged() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner(["url": .string(site.url)])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        _ = try await vendor.fetch(resolution, into: site.world.staging(), in: site.world.context())
        let files = FileManager.default.enumerator(atPath: site.world.kept.string)
        while let name = files?.nextObject() as? String {
            guard name.hasSuffix(".pack") else { continue }
            let path = site.world.kept.appending(name).string
            chmod(path, 0o600)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for place in 12..<bytes.count - 20 { bytes[place] ^= 0x55 }
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let again = try site.world.staging("again")
        _ = try await vendor.fetch(resolution, into: again, in: site.world.context())
        #expect(try site.world.text("main.c", in: again) == "new")
    }

    @Test("where the primary is out of reach the first mirror's word is taken and marked")
    func unverified() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner([
            "url": .string(site.dead), "mirrors": .list([.string(site.stale), .string(site.url)]),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        #expect(resolution.metadata.unverified)
        #expect(resolution.revision != site.head)
        #expect(resolution.metadata.skipped.map(\.url) == [site.dead])
        let staging = try site.world.staging()
        let fetched = try await vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(fetched.git?.mirror == site.stale)
        #expect(try site.world.text("main.c", in: staging) == "old")
    }

    @Test("a pinned commit comes from any mirror that has it, whatever its branches say")
    func pinned() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner([
            "url": .string(site.dead), "commit": .string(site.head),
            "mirrors": .list([.string(site.stale), .string(site.url)]),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        #expect(!resolution.metadata.unverified)
        let fetched = try await vendor.fetch(resolution, into: site.world.staging(), in: site.world.context())
        #expect(fetched.git?.mirror == site.url)
    }

    @Test("refused credentials everywhere are unauthorized, mixed failures unavailable")
    func refused() async throws {
        let site = try Site()
        let locked = site.world.hub.addGit("locked", repository: site.repository.path, user: "x", password: "y")
        let all = try site.world.provisioner(
            [
                "url": .string(locked), "mirrors": .list([site.mirror(site.good, token: "WRONG")]),
            ], secrets: ["WRONG": "wrong-\(World.token)"])
        let refused = await #expect(throws: ProvisionError.self) { try await site.world.resolve("corp:x", all) }
        #expect(refused?.code == .unauthorized)
        #expect(refused?.description.contains(World.token) == false)
        let mixed = try site.world.provisioner(["url": .string(locked), "mirrors": .list([.string(site.dead)])])
        let unavailable = await #expect(throws: ProvisionError.self) { try await site.world.resolve("corp:x", mixed) }
        #expect(unavailable?.code == .unavailable)
    }

    @Test("a mirror whose pack lacks a file is passed over, and the next one is asked for all of it")
    func incomplete() async throws {
        let site = try Site()
        let tree = try site.repository.git("rev-parse", "HEAD^{tree}")
        let base = site.world.folder.path.appending("liar").string
        let name = try site.repository.git("pack-objects", "-q", base, input: Array("\(site.head)\n\(tree)\n".utf8))
        let pack = try Data(contentsOf: URL(fileURLWithPath: "\(base)-\(name).pack"))
        let length = String(pack.count + 5, radix: 16)
        let head = "000dpackfile\n" + String(repeating: "0", count: 4 - length.count) + length + "\u{1}"
        let liar = site.world.hub.addGit("liar", repository: site.repository.path)
        site.world.hub.setFault(
            Fault(
                .answer(
                    status: 200, headers: ["Content-Type": "application/x-git-upload-pack-result"],
                    body: Array(head.utf8) + Array(pack) + Array("0000".utf8))), on: "/git/liar.git/git-upload-pack")
        let vendor = try site.world.provisioner([
            "url": .string(site.url), "commit": .string(site.head), "mirrors": .list([.string(liar)]),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        let staging = try site.world.staging()
        let fetched = try await vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(try site.world.text("main.c", in: staging) == "new")
        #expect(fetched.metadata.skipped.map(\.url) == [liar])
        #expect(fetched.metadata.skipped.first?.reason.contains("missing") == true)
    }

    @Test("what insteadOf leads to is asked in place of url, and url still names the repository")
    func insteadOf() async throws {
        let folder = try TemporaryDirectory()
        let file = folder.path.appending("gitconfig").string
        let site = try Site(environment: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": file])
        let base = site.url.replacing("/primary.git", with: "/")
        try folder.write("[url \"\(base)\"]\n\tinsteadOf = https://public.example/org/\n".utf8, to: "gitconfig")
        let vendor = try site.world.provisioner([
            "url": .string("https://public.example/org/primary.git"), "username": .string("bot"),
            "token": .secret(.environment("TOKEN")),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        #expect(resolution.revision == site.head)
        #expect(resolution.git?.url == "https://public.example/org/primary.git")
        let staging = try site.world.staging()
        let fetched = try await vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(fetched.git?.mirror == site.url)
        #expect(try site.world.text("main.c", in: staging) == "new")
        // The token was configured for the public origin.
        #expect(site.world.hub.requests.allSatisfy { $0.headers["authorization"] == nil })
        try site.noToken()
    }

    @Test("the token of the primary reaches no mirror")
    func tokens() async throws {
        let site = try Site()
        let vendor = try site.world.provisioner([
            "url": .string(site.good), "username": .string("bot"), "token": .secret(.environment("TOKEN")),
            "mirrors": .list([.string(site.url)]),
        ])
        let resolution = try await site.world.resolve("corp:worker", vendor)
        _ = try await vendor.fetch(resolution, into: site.world.staging(), in: site.world.context())
        let toMirror = site.world.hub.requests.filter { $0.path.hasPrefix("/git/primary.git") }
        #expect(!toMirror.isEmpty)
        #expect(toMirror.allSatisfy { $0.headers["authorization"] == nil })
    }
}

extension MirrorTests.Site {
    /// No file below the kept mirrors holds the token, plain or encoded.
    fileprivate func noToken() throws {
        let needles = [World.token, Data("bot:\(World.token)".utf8).base64EncodedString()].map { Data($0.utf8) }
        let files = FileManager.default.enumerator(atPath: world.folder.path.string)
        var seen = 0
        while let name = files?.nextObject() as? String {
            guard let bytes = FileManager.default.contents(atPath: world.folder.path.appending(name).string) else {
                continue
            }
            seen += 1
            for needle in needles { #expect(bytes.range(of: needle) == nil, "\(name) holds the token") }
        }
        #expect(seen > 5)
    }
}
