import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing
import Transfer

/// With keys and signatures of the machine's own ssh-keygen.
@Suite("Signatures")
struct SignatureTests {
    private static let name = "tool.tar.gz"
    private static let body = [UInt8]("an archive".utf8)

    private let folder: TemporaryDirectory
    private let keys: SigningKeys

    init() throws {
        folder = try TemporaryDirectory()
        keys = try SigningKeys(in: folder)
    }

    private func signature(_ text: String, key: String = "release") throws -> [UInt8] {
        try keys.sign(Array(text.utf8), with: key)
    }

    private func vendor(_ hub: TestHub, _ engine: TransferEngine, forge: Bool) throws -> any Provisioner {
        var options: [String: VendorOptions.Value] = ["origin": .string(hub.hub), "signers": .string(keys.signers)]
        if forge { options["forge"] = .string("github") }
        return try Releases(http: .engine(engine), environment: ["PATH": "/usr/bin:/bin"])
            .vendor(options, name: "signed")
    }

    private func resolve(_ sums: String?, signature: [UInt8]?) async throws -> Resolution {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        var assets = [ForgeAsset(Self.name, .bytes(Self.body), digest: .right)]
        if let sums { assets.append(ForgeAsset("SHA256SUMS", .bytes(Array(sums.utf8)))) }
        if let signature { assets.append(ForgeAsset("SHA256SUMS.sig", .bytes(signature))) }
        try hub.addForgeRelease("acme/tool", tag: "v1", assets: assets)
        return try await vendor(hub, engine, forge: true).resolve(
            ArtifactReference(parsing: "forge:acme/tool@v1"),
            in: ProvisionContext(job: "job", kind: .worker, logger: Releases.logger))
    }

    @Test("of checksums, by a key that is configured, vouch for the asset")
    func good() async throws {
        let sums = "\(try sha256(Self.body))  \(Self.name)\n"
        let resolution = try await resolve(sums, signature: try signature(sums))
        #expect(resolution.files.first?.digest?.hex == (try sha256(Self.body)))
    }

    @Test(
        "of checksums by no key, another key, or of other content are refused, and so is an asset that they leave out")
    func refused() async throws {
        let sums = "\(try sha256(Self.body))  \(Self.name)\n"
        let others = "\(try sha256(Self.body))  another.tar.gz\n"
        let cases: [(String?, [UInt8]?)] = [
            (nil, nil), (sums, nil), (sums, try signature(sums, key: "other")),
            (sums, try signature(sums + " ")), (sums, Array("no signature".utf8)), (others, try signature(others)),
        ]
        for (sums, signature) in cases {
            let error = await #expect(throws: ProvisionError.self) { try await resolve(sums, signature: signature) }
            #expect(error?.code == .digestMismatch, "\(String(describing: error))")
        }
    }

    @Test("of the file itself are judged once it is here, at a forge and at a URL", arguments: [true, false])
    func ofTheFile(forge: Bool) async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let signature = try keys.sign(Self.body, with: "release")
        try hub.addForgeRelease(
            "acme/tool", tag: "v1",
            assets: [ForgeAsset(Self.name, .bytes(Self.body)), ForgeAsset("\(Self.name).sig", .bytes(signature))])
        let url = try hub.addRelease("1.0/\(Self.name)", .bytes(Self.body))
        try hub.addRelease("1.0/\(Self.name).sig", .bytes(signature))
        let vendor = try vendor(hub, engine, forge: forge)
        let resolution = try await vendor.resolve(
            ArtifactReference(parsing: forge ? "signed:acme/tool@v1" : url),
            in: ProvisionContext(job: "job", kind: .worker, logger: Releases.logger))
        #expect(!resolution.metadata.unverified)
        var file = try #require(resolution.files.first)
        #expect(file.signature?.utf8.elementsEqual(signature) == true)
        let signing = try #require(vendor as? any SigningProvisioner)
        let good = try folder.write(Self.body, to: "good")
        let bad = try folder.write(Self.body + [0], to: "bad")
        try await signing.checkSignature(of: file, at: good)
        await expectMismatch { try await signing.checkSignature(of: file, at: bad) }
        file.signature = String(decoding: try keys.sign(Self.body, with: "other"), as: UTF8.self)
        await expectMismatch { try await signing.checkSignature(of: file, at: good) }
    }

    @Test("an asset's name tells of its own version alone, not of what it runs on")
    func platformVersions() async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let signature = try keys.sign(Self.body, with: "release")
        for (tag, name) in [("v1.2", "tool-ubuntu-22.04-cuda-12.4.tar.gz"), ("v1.3", "tool-1.2-ubuntu-22.04.tar.gz")] {
            try hub.addForgeRelease(
                "acme/tool", tag: tag,
                assets: [ForgeAsset(name, .bytes(Self.body)), ForgeAsset("\(name).sig", .bytes(signature))])
        }
        let vendor = try vendor(hub, engine, forge: true)
        func resolve(_ text: String) async throws -> Resolution {
            try await vendor.resolve(
                ArtifactReference(parsing: text),
                in: ProvisionContext(job: "job", kind: .worker, logger: Releases.logger))
        }
        #expect(try await resolve("signed:acme/tool@v1.2:tool-*").files.first?.signature != nil)
        let error = await #expect(throws: ProvisionError.self) { try await resolve("signed:acme/tool@v1.3:tool-*") }
        #expect(error?.code == .untrusted && error?.message.contains("tells of 1.2") == true)
    }

    @Test("at a URL, of the checksums of its folder vouch for it; unsigned they do not, nor does a digest in the URL")
    func besideURL() async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let digest = try sha256(Self.body)
        let sums = "\(digest)  \(Self.name)\n"
        let url = try hub.addRelease("1.0/\(Self.name)", .bytes(Self.body))
        try hub.addRelease("1.0/SHA256SUMS", .bytes(Array(sums.utf8)))
        let vendor = try vendor(hub, engine, forge: false)
        func resolve(_ text: String) async throws -> Resolution {
            try await vendor.resolve(
                ArtifactReference(parsing: text),
                in: ProvisionContext(job: "job", kind: .worker, logger: Releases.logger))
        }
        for text in [url, "\(url)#sha256=\(digest)", "\(url)?query"] {
            await expectMismatch { _ = try await resolve(text) }
        }
        try hub.addRelease("1.0/SHA256SUMS.sig", .bytes(try signature(sums)))
        for text in [url, "\(url)#sha256=\(digest)"] {
            #expect(try await resolve(text).files.first?.digest?.hex == digest)
        }
        await expectMismatch { _ = try await resolve("\(url)#sha256=\(String(repeating: "0", count: 64))") }
    }

    private func expectMismatch(_ body: () async throws -> Void) async {
        let error = await #expect(throws: ProvisionError.self) { try await body() }
        #expect(error?.code == .digestMismatch, "\(String(describing: error))")
    }
}
