import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Releases at a forge whose publisher's key is configured, and older ones passed off as newer ones.
@Suite struct SignedReleaseTests {
    private let machine: Installation
    private let keys: SigningKeys
    private let archive: [UInt8]
    private static let suffix = "linux-\(HostPlatform.current.arch)-cpu.tar.gz"

    init() throws {
        machine = try Installation()
        keys = try SigningKeys(in: machine.folder)
        archive = try machine.makeToolArchive()
        try machine.addVendor(
            "acme.toml",
            """
            name = "acme"
            module = "tarball"

            [tarball]
            forge = "github"
            origin = "\(machine.hub.hub)"
            signers = "\(keys.signers)"
            """)
        try machine.addVendor(
            "files.toml",
            """
            name = "files"
            module = "tarball"

            [tarball]
            origin = "\(machine.hub.hub)"
            signers = "\(keys.signers)"
            """)
    }

    /// A release with one archive and, signed, the checksums of it.
    private func release(_ tag: String, _ name: String, _ body: [UInt8], key: String = "release") throws {
        let sums = Array("\(try TestHub.sha256(of: .bytes(body)))  \(name)\n".utf8)
        try machine.hub.addForgeRelease(
            "acme/tool", tag: tag,
            assets: [
                ForgeAsset(name, .bytes(body)), ForgeAsset("SHA256SUMS", .bytes(sums)),
                ForgeAsset("SHA256SUMS.sig", .bytes(try keys.sign(sums, with: key))),
            ])
    }

    private func expectRefused(_ reference: String, saying text: String) async throws {
        let before = try await machine.run("worker", "list", "--json").output
        let outcome = try await machine.run("worker", "install", reference)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains(text), "\(outcome.errors)")
        #expect(try await machine.run("worker", "list", "--json").output == before)
    }

    @Test("the archive's own signature: required, by that key, over these bytes; at a forge and at a URL")
    func ofTheArchive() async throws {
        let name = "tool-1.0.0-\(Self.suffix)"
        let url = try machine.hub.addRelease("1.0/\(name)", .bytes(archive))
        try await expectRefused(url, saying: "neither a signature")
        for signature in [try keys.sign(archive, with: "other"), try keys.sign(archive + [0]), Array("none".utf8)] {
            try machine.hub.addRelease("1.0/\(name).sig", .bytes(signature))
            try await expectRefused(url, saying: "is not signed by anyone")
        }
        #expect(try machine.storedFiles().filter { $0.hasSuffix(".part") } == [])
        let good = ForgeAsset("\(name).sig", .bytes(try keys.sign(archive)))
        try machine.hub.addRelease("1.0/\(name).sig", good.body)
        let atURL = try await machine.run("worker", "install", url)
        #expect(atURL.status == 0, "\(atURL.errors)")
        #expect(try await machine.run("worker", "show", "tool", "--json").json()["verified"] == .bool(true))

        #expect(try await machine.run("worker", "remove", "tool").status == 0)
        try machine.hub.addForgeRelease("acme/tool", tag: "v1.0.0", assets: [ForgeAsset(name, .bytes(archive)), good])
        let atForge = try await machine.run("worker", "install", "acme:acme/tool@latest:tool-*")
        #expect(atForge.output == "tool-cpu-1.0.0-linux\n", "\(atForge.errors)")
    }

    @Test("an older release under a newer tag, and a latest that goes back, are refused until they are named")
    func replayed() async throws {
        try release("v1.1.0", "tool-1.1.0-\(Self.suffix)", archive)
        let first = try await machine.run("worker", "install", "acme:acme/tool:tool-*")
        #expect(first.output == "tool-cpu-1.1.0-linux\n", "\(first.errors)")

        // What the key once signed for 1.0.0, as the newest.
        try release("v1.2.0", "tool-1.0.0-\(Self.suffix)", archive + [0])
        try await expectRefused("acme:acme/tool:tool-*", saying: "SHA256SUMS of v1.2.0 is signed, and tells of 1.0.0")
        // The newest withdrawn, or kept from this machine.
        try release("v1.0.0", "tool-1.0.0-\(Self.suffix)", archive + [0])
        try await expectRefused("acme:acme/tool@latest:tool-*", saying: "is older than v1.1.0 that is here")
        let named = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:tool-*")
        #expect(named.output == "tool-cpu-1.0.0-linux\n", "\(named.errors)")
        // Names without a version tell nothing: the bytes do, where they are here.
        try release("v1.3.0", "tool-\(Self.suffix)", archive)
        try await expectRefused("acme:acme/tool:tool-*", saying: "byte for byte the v1.1.0 that is here")
        try await expectRefused("acme:acme/tool@v1.3.0:tool-*", saying: "acme:acme/tool@v1.3.0:tool-\(Self.suffix)")
        let inFull = try await machine.run("worker", "install", "acme:acme/tool@v1.3.0:tool-\(Self.suffix)")
        #expect(inFull.status == 0, "\(inFull.errors)")
    }

    @Test("an older archive with its own signature is told by its name, by what it calls itself, and where it is here")
    func replayedAlone() async throws {
        /// An asset and the signature that its publisher once made of it. No API says its digest.
        func release(_ tag: String, _ name: String, folder: String) throws {
            let make = "mkdir -p F/bin && cp worker/demo-worker-cpu F/bin/tool && tar -czf F.tar.gz F"
            try machine.shell(["sh", "-c", "[ -e F.tar.gz ] || { \(make); }".replacing("F", with: folder)])
            let path = machine.folder.path.appending("\(folder).tar.gz").string
            let body = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            try machine.hub.addForgeRelease(
                "acme/tool", tag: tag,
                assets: [
                    ForgeAsset(name, .bytes(body)), ForgeAsset("\(name).sig", .bytes(try keys.sign(body))),
                ])
        }
        try release("v1.1.0", "tool-1.0.0-\(Self.suffix)", folder: "tool-1.0.0")
        try await expectRefused("acme:acme/tool:tool-*", saying: "is signed, and tells of 1.0.0")
        try release("v1.2.0", "tool-1.2.0-\(Self.suffix)", folder: "tool-1.0.0")
        try await expectRefused("acme:acme/tool:tool-*", saying: "tool-1.0.0/ of v1.2.0 is signed, and tells of 1.0.0")
        try release("v1.3.0", "tool-\(Self.suffix)", folder: "tool")
        let first = try await machine.run("worker", "install", "acme:acme/tool:tool-*")
        #expect(first.output == "tool-cpu-1.3.0-linux\n", "\(first.errors)")
        try release("v1.4.0", "tool-\(Self.suffix)", folder: "tool")
        try await expectRefused("acme:acme/tool@v1.4.0:tool-*", saying: "byte for byte the v1.3.0 that is here")
    }
}
