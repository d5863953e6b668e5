import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import GitVendor

@Suite("submodules", .serialized, .timeLimit(.minutes(1)))
struct SubmoduleTests {
    @Test("a commit that the server does not give out by itself is found in the history of its branches")
    func history() async throws {
        // A stock sshd drops GIT_PROTOCOL, and in version 0 the ends of refs alone are given out.
        let server = try SSHServer(acceptsProtocol: false)
        let world = try World(environment: server.environment)
        let inner = try TestRepository()
        let commit = try inner.commit(["inner.txt": "in"])
        try inner.commit(["inner.txt": "later"])
        let outer = try TestRepository()
        try outer.commit([
            ".gitmodules": "[submodule \"one\"]\n\tpath = one\n\turl = \(server.url(of: inner.path))\n"
        ])
        try outer.git("update-index", "--add", "--cacheinfo", "160000,\(commit),one")
        try outer.commitIndex()
        let vendor = try world.provisioner(["url": .string(server.url(of: outer.path)), "submodules": .boolean(true)])
        let resolution = try await world.resolve("corp:worker", vendor)
        for name in ["first", "again"] {
            let staging = try world.staging(name)
            _ = try await vendor.fetch(resolution, into: staging, in: world.context())
            #expect(try world.text("one/inner.txt", in: staging) == "in")
        }
        let absent = String(commit.reversed())
        let pinned = try world.provisioner(["url": .string(server.url(of: inner.path)), "commit": .string(absent)])
        let error = await #expect(throws: ProvisionError.self) {
            try await pinned.fetch(world.resolve("corp:worker", pinned), into: world.staging("x"), in: world.context())
        }
        #expect(error?.code == .revisionNotFound)
    }

    @Test("a submodule's ssh URL leads by insteadOf to where it can be had without a key")
    func insteadOf() async throws {
        let folder = try TemporaryDirectory()
        let file = folder.path.appending("gitconfig").string
        let world = try World(environment: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": file])
        let inner = try TestRepository()
        let commit = try inner.commit(["inner.txt": "in"])
        let base = world.hub.addGit("inner", repository: inner.path).replacing("/inner.git", with: "/")
        try folder.write("[url \"\(base)\"]\n\tinsteadOf = git@github.com:org/\n".utf8, to: "gitconfig")
        let outer = try TestRepository()
        try outer.commit([
            ".gitmodules": "[submodule \"x\"]\n\tpath = deps/x\n\turl = git@github.com:org/inner.git\n"
        ])
        try outer.git("update-index", "--add", "--cacheinfo", "160000,\(commit),deps/x")
        try outer.commitIndex()
        let url = world.hub.addGit("outer", repository: outer.path)
        let vendor = try world.provisioner(["url": .string(url), "submodules": .boolean(true)])
        let staging = try world.staging()
        _ = try await vendor.fetch(world.resolve("corp:worker", vendor), into: staging, in: world.context())
        #expect(try world.text("deps/x/inner.txt", in: staging) == "in")
    }

    @Test("only the submodules that are named are fetched, by relative URL and commit")
    func submodules() async throws {
        let world = try World()
        let inner = try TestRepository()
        let commit = try inner.commit(["inner.txt": "in"])
        try inner.commit(["inner.txt": "later"])
        let outer = try TestRepository()
        try outer.commit([
            ".gitmodules": """
            [submodule "one"]
                path = deps/one
                url = ../inner.git
            [submodule "two"]
                path = deps/two
                url = git@github.com:private/two.git
            """
        ])
        for name in ["one", "two"] {
            try outer.git("update-index", "--add", "--cacheinfo", "160000,\(commit),deps/\(name)")
        }
        try outer.commitIndex()
        _ = world.hub.addGit("inner", repository: inner.path)
        let url = world.hub.addGit("outer", repository: outer.path)
        let vendor = try world.provisioner(["url": .string(url), "submodules": .strings(["deps/one"])])
        let staging = try world.staging()
        _ = try await vendor.fetch(world.resolve("corp:worker", vendor), into: staging, in: world.context())
        #expect(try world.text("deps/one/inner.txt", in: staging) == "in")
        #expect(try FileManager.default.contentsOfDirectory(atPath: staging.root.appending("deps/two").string).isEmpty)
        let none = try world.provisioner(["url": .string(url)])
        _ = try await none.fetch(world.resolve("corp:worker", none), into: world.staging("c"), in: world.context())
        #expect(world.notices.all.contains { $0.hasPrefix("left out submodules: deps/one, deps/two;") })
        let absent = try world.provisioner(["url": .string(url), "submodules": .strings(["deps/three"])])
        let error = await #expect(throws: ProvisionError.self) {
            try await absent.fetch(world.resolve("corp:worker", absent), into: world.staging("b"), in: world.context())
        }
        #expect(error?.code == .configuration)
        #expect(error?.remedy == "it has deps/one, deps/two")
    }

    @Test(
        "a submodule's URL may not leave for a file or an option",
        arguments: ["file:///etc", "-u./x", "ext::sh", "../../../../x"])
    func hostileSubmodules(url: String) async throws {
        let world = try World()
        let outer = try TestRepository()
        let commit = try outer.commit([".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = \(url)\n"])
        try outer.git("update-index", "--add", "--cacheinfo", "160000,\(commit),x")
        try outer.commitIndex()
        let vendor = try world.provisioner([
            "url": .string(world.hub.addGit("outer", repository: outer.path)), "submodules": .boolean(true),
        ])
        let error = await #expect(throws: ProvisionError.self) {
            try await vendor.fetch(world.resolve("corp:worker", vendor), into: world.staging(), in: world.context())
        }
        let expected: [ProvisionError.Code] = [.untrusted, .unsafeContent, .unsupported, .invalid]
        #expect(error.map { expected.contains($0.code) } == true)
    }
}
