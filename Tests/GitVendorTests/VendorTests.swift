import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import GitVendor

@Suite("the git vendor", .serialized, .timeLimit(.minutes(1)))
struct VendorTests {
    @Test("references of its own forms are its own, and others are not")
    func forms() throws {
        let world = try World()
        let builtIn = try world.provisioner([:], name: "git")
        let named = try world.provisioner(["url": .string("https://git.example/x.git")])
        for (text, isBuiltIn, isNamed) in [
            ("git+https://h/x.git#branch=main", true, false), ("git+file:///srv/x", true, false),
            ("git+ssh://h/x", true, false), ("corp:worker", false, true), ("corp:worker@v1", false, true),
            ("https://h/x.tar.gz", false, false), ("hf:org/name", false, false),
        ] {
            let reference = try ArtifactReference(parsing: text)
            #expect(builtIn.forms.contains { $0.matches(reference) } == isBuiltIn, "\(text)")
            #expect(named.forms.contains { $0.matches(reference) } == isNamed, "\(text)")
        }
    }

    @Test("a repository on this machine is resolved and checked out by branch, tag and commit")
    func file() async throws {
        let world = try World()
        let repository = try TestRepository()
        let first = try repository.commit(["a": "1"])
        try repository.git("tag", "-a", "v1", "-m", "one")
        let second = try repository.commit(["a": "2"])
        let vendor = try world.provisioner([:], name: "git")
        for (index, (fragment, commit, content)) in [
            ("", second, "2"), ("#branch=main", second, "2"), ("#tag=v1", first, "1"), ("#commit=\(first)", first, "1"),
        ].enumerated() {
            let resolution = try await world.resolve("git+file://\(repository.path.string)\(fragment)", vendor)
            #expect(resolution.revision == commit)
            #expect(resolution.git?.tag == (commit == first ? "v1" : nil))
            let staging = try world.staging("staging\(index)")
            let fetched = try await vendor.fetch(resolution, into: staging, in: world.context(offline: true))
            #expect(try world.text("a", in: staging) == content)
            #expect(fetched.git?.mirror == nil && fetched.git?.tree != nil)
        }
    }

    @Test("a revision in the reference overrides the configured one")
    func revision() async throws {
        let world = try World()
        let repository = try TestRepository()
        let first = try repository.commit(["a": "1"])
        try repository.git("branch", "side")
        let second = try repository.commit(["a": "2"])
        let vendor = try world.provisioner([
            "url": .string(world.hub.addGit("x", repository: repository.path)), "branch": .string("main"),
        ])
        #expect(try await world.resolve("corp:worker", vendor).revision == second)
        #expect(try await world.resolve("corp:worker@side", vendor).revision == first)
        #expect(try await world.resolve("corp:worker@\(first)", vendor).revision == first)
        let error = await #expect(throws: ProvisionError.self) { try await world.resolve("corp:worker@sade", vendor) }
        #expect(error?.code == .revisionNotFound)
        #expect(error?.remedy?.contains("side") == true)
    }

    @Test("a tag that moved is refused until its commit is named; a branch that moved, also by force, is followed")
    func movedTag() async throws {
        let world = try World()
        let repository = try TestRepository()
        try repository.commit(["a": "1"])
        try repository.git("tag", "v1")
        let vendor = try world.provisioner(["url": .string(world.hub.addGit("x", repository: repository.path))])
        func fetch(_ reference: String, _ name: String) async throws {
            _ = try await vendor.fetch(
                world.resolve(reference, vendor), into: world.staging(name), in: world.context())
        }
        try await fetch("corp:worker@v1", "1")
        try await fetch("corp:worker@main", "2")
        try repository.git("commit", "-q", "--amend", "--allow-empty", "-m", "other")
        let other = try repository.git("rev-parse", "HEAD")
        try repository.git("tag", "-f", "v1")
        let error = await #expect(throws: ProvisionError.self) { try await fetch("corp:worker@v1", "3") }
        #expect(error?.code == .untrusted)
        #expect(error?.message.contains("refs/tags/v1") == true)
        #expect(error?.remedy?.contains(other) == true)
        try await fetch("corp:worker@\(other)", "4")
        try await fetch("corp:worker@main", "5")
    }

    @Test("offline, what is known is the answer, and else there is none")
    func offline() async throws {
        let world = try World()
        let repository = try TestRepository()
        try repository.commit(["a": "1"])
        let vendor = try world.provisioner(["url": .string(world.hub.addGit("x", repository: repository.path))])
        let reference = try ArtifactReference(parsing: "corp:worker")
        let known = try await vendor.resolve(reference, in: world.context())
        world.hub.forgetRequests()
        #expect(try await vendor.resolve(reference, in: world.context(offline: true, known: known)) == known)
        let error = await #expect(throws: ProvisionError.self) {
            try await vendor.resolve(reference, in: world.context(offline: true))
        }
        #expect(error?.code == .offline)
        #expect(world.hub.requests.isEmpty)
    }

    @Test(
        "references that are wrong are told so",
        arguments: [
            "git+https://h/x.git#branch=a..b", "git+https://h/x.git#commit=abc", "git+https://h/x.git#depth=1",
            "git+https://h/x.git#branch=a&tag=b", "git+ext://h/x",
        ])
    func wrongReferences(text: String) async throws {
        let world = try World()
        let vendor = try world.provisioner([:], name: "git")
        let error = await #expect(throws: ProvisionError.self) { try await world.resolve(text, vendor) }
        #expect(error?.code == .invalid || error?.code == .unsupported)
    }

    @Test("options that are wrong are told so, without what a URL hides")
    func wrongOptions() throws {
        let world = try World()
        let url = VendorOptions.Value.string("https://git.example/x.git")
        for options: [String: VendorOptions.Value] in [
            ["url": .string("https://user:hunter2@git.example/x")], ["url": .string("ext::sh")],
            ["mirrors": .list([url])], ["url": url, "commit": .string("abc")], ["url": url, "timeout": .integer(0)],
            ["url": url, "branch": .string("a"), "tag": .string("b")], ["url": url, "branch": .string("-x")],
        ] {
            let error = #expect(throws: ProvisionError.self) { try world.provisioner(options) }
            #expect(error?.code == .configuration)
            #expect(error?.description.contains("hunter2") == false)
        }
    }

    @Test("a repository behind ssh is resolved and fetched, as a reference and with the vendor's own key")
    func ssh() async throws {
        let server = try SSHServer(offersKey: false)
        let world = try World(environment: server.environment)
        let repository = try TestRepository()
        let head = try repository.commit(["a": "1"])
        let url = server.url(of: repository.path)
        let key = VendorOptions.Value.table(VendorOptions(["file": .string(server.keyFile.string)]))
        let vendor = try world.provisioner(["url": .string(url), "ssh-key": key])
        let resolution = try await world.resolve("corp:worker", vendor)
        #expect(resolution.revision == head)
        let staging = try world.staging()
        _ = try await vendor.fetch(resolution, into: staging, in: world.context())
        #expect(try world.text("a", in: staging) == "1")
        let plain = try world.provisioner([:], name: "git")
        let refused = await #expect(throws: ProvisionError.self) { try await world.resolve("git+\(url)", plain) }
        #expect(refused?.code == .unauthorized)
        let absent = VendorOptions.Value.table(VendorOptions(["file": .string("/nonexistent/key")]))
        let without = try world.provisioner(["url": .string(url), "ssh-key": absent])
        let error = await #expect(throws: ProvisionError.self) { try await world.resolve("corp:worker", without) }
        #expect(error?.code == .configuration)
    }
}
