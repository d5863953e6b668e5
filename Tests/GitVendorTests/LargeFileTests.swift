import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import GitVendor

@Suite("files that git keeps beside a repository", .serialized, .timeLimit(.minutes(1)))
struct LargeFileTests {
    /// A repository with one pointer, behind a password, and a server of its content.
    private struct Site {
        let world: World
        let content = Array("weights, many of them\n".utf8)
        let digest: String
        let repository: TestRepository
        let vendor: any FetchingProvisioner

        init(attributes: String = "*.bin filter=lfs\n", delivered: [UInt8]? = nil) throws {
            world = try World()
            digest = try TestHub.sha256(of: .bytes(content))
            repository = try TestRepository()
            try repository.commit([
                ".gitattributes": attributes,
                "data/model.bin":
                    "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest)\nsize \(content.count)\n",
            ])
            let hub = world.hub
            let url = hub.addGit("x", repository: repository.path, user: "bot", password: World.token)
            let href = try hub.addRelease("lfs/object", .bytes(delivered ?? content))
            let answer = """
                {"transfer": "basic", "objects": [{"oid": "\(digest)", "size": \(content.count), "actions":
                  {"download": {"href": "\(href)", "header": {"X-Key": "signed"}}}}]}
                """
            hub.setFault(
                Fault(
                    .answer(
                        status: 200, headers: ["Content-Type": "application/vnd.git-lfs+json"],
                        body: Array(answer.utf8))), on: "/git/x.git/info/lfs/objects/batch")
            vendor = try world.provisioner([
                "url": .string(url), "username": .string("bot"), "token": .secret(.environment("TOKEN")),
            ])
        }
    }

    @Test("a pointer is replaced by its content, verified and kept; another time, also offline, nobody is asked")
    func content() async throws {
        let site = try Site()
        let resolution = try await site.world.resolve("corp:worker", site.vendor)
        let staging = try site.world.staging()
        _ = try await site.vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(try site.world.text("data/model.bin", in: staging) == String(decoding: site.content, as: UTF8.self))
        let requests = site.world.hub.requests
        let batch = try #require(requests.first { $0.path.hasSuffix("/objects/batch") })
        #expect(batch.headers["authorization"]?.hasPrefix("Basic ") == true)
        let object = try #require(requests.first { $0.path.hasSuffix("lfs/object") })
        #expect(object.headers["x-key"] == "signed")
        site.world.hub.forgetRequests()
        let again = try site.world.staging("again")
        _ = try await site.vendor.fetch(resolution, into: again, in: site.world.context(offline: true))
        #expect(try site.world.text("data/model.bin", in: again) == String(decoding: site.content, as: UTF8.self))
        #expect(site.world.hub.requests.isEmpty)
    }

    @Test("other content than the pointer names is refused")
    func otherContent() async throws {
        let site = try Site(delivered: Array("weights, many of thex\n".utf8))
        let resolution = try await site.world.resolve("corp:worker", site.vendor)
        let error = await #expect(throws: ProvisionError.self) {
            try await site.vendor.fetch(resolution, into: site.world.staging(), in: site.world.context())
        }
        #expect(error?.code == .digestMismatch)
        #expect(error?.message.contains("data/model.bin") == true)
    }

    @Test("what reads like a pointer in a repository without large files is left as it is")
    func noPointer() async throws {
        let site = try Site(attributes: "*.txt text\n")
        let resolution = try await site.world.resolve("corp:worker", site.vendor)
        let staging = try site.world.staging()
        _ = try await site.vendor.fetch(resolution, into: staging, in: site.world.context())
        #expect(try site.world.text("data/model.bin", in: staging).hasPrefix("version https://git-lfs"))
    }
}
