import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing
import Transfer

/// With keys and signatures of the machine's own ssh-keygen.
@Suite("Signed checksums")
struct SignatureTests {
    private static let name = "tool.tar.gz"
    private static let body = [UInt8]("an archive".utf8)

    private let folder: TemporaryDirectory
    private let signers: String

    init() throws {
        folder = try TemporaryDirectory()
        signers = folder.path.appending("signers").string
        for key in ["release", "other"] {
            try ssh(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", folder.path.appending(key).string])
        }
        let key = try String(contentsOfFile: folder.path.appending("release.pub").string, encoding: .utf8)
        try folder.write(Array("releases@acme.example \(key)".utf8), to: "signers")
    }

    private func ssh(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func signature(_ text: String, key: String = "release") throws -> [UInt8] {
        let file = "signed-\(UUID().uuidString)"
        try folder.write(Array(text.utf8), to: file)
        let path = folder.path.appending(file).string
        try ssh(["-Y", "sign", "-n", "file", "-f", folder.path.appending(key).string, path])
        return Array(try Data(contentsOf: URL(fileURLWithPath: path + ".sig")))
    }

    private func resolve(_ sums: String?, signature: [UInt8]?) async throws -> Resolution {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        var assets = [ForgeAsset(Self.name, .bytes(Self.body), digest: .right)]
        if let sums { assets.append(ForgeAsset("SHA256SUMS", .bytes(Array(sums.utf8)))) }
        if let signature { assets.append(ForgeAsset("SHA256SUMS.sig", .bytes(signature))) }
        try hub.addForgeRelease("acme/tool", tag: "v1", assets: assets)
        return try await Releases(http: .engine(engine), environment: ["PATH": "/usr/bin:/bin"]).resolve(
            "forge:acme/tool@v1",
            ["forge": .string("github"), "origin": .string(hub.hub), "signers": .string(signers)])
    }

    @Test("by a key that is configured, they vouch for the asset")
    func good() async throws {
        let sums = "\(try sha256(Self.body))  \(Self.name)\n"
        let resolution = try await resolve(sums, signature: try signature(sums))
        #expect(resolution.files.first?.digest?.hex == (try sha256(Self.body)))
    }

    @Test("by no key, another key, or of other content, they are refused, and so is an asset that they leave out")
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
}
