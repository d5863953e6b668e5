import ArtifactTypes
import Foundation
import Provisioning
import TestHub
import Testing
import Transfer

@Suite("Checksums beside an asset")
struct ChecksumTests {
    private static let name = "tool-1.0.tar.gz"
    private static let body = [UInt8]("an archive".utf8)
    private static let wrong = String(repeating: "0", count: 64)

    private func resolve(_ assets: [ForgeAsset]) async throws -> Resolution {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        try hub.addForgeRelease("acme/tool", tag: "v1", assets: assets)
        return try await Releases(http: .engine(engine)).resolve(
            "forge:acme/tool@v1:tool-*.tar.gz", ["forge": .string("github"), "origin": .string(hub.hub)])
    }

    private static func text(_ name: String, _ text: String) -> ForgeAsset {
        ForgeAsset(name, .bytes([UInt8](text.utf8)))
    }

    @Test(
        "each form of it is read",
        arguments: [
            ("SHA256SUMS", "0000  other\nHEX  tool-1.0.tar.gz\n"),
            ("sha256sums.txt", "HEX *./dist/tool-1.0.tar.gz\r\n"),
            ("tool_1.0_checksums.txt", "SHA256 (tool-1.0.tar.gz) = HEX\n"), ("tool-1.0.tar.gz.sha256", "HEX\n"),
            ("SHA256SUMS", "\u{FEFF}HEX  tool-1.0.tar.gz\r\n"), ("tool-1.0.tar.gz.sha256", "HEX  tool-1.0.tar.gz"),
            ("tool-1.0.tar.gz.sha256sum", "hex  -\n"), ("SHA256SUMS", "\\HEX  dist\\\\tool/tool-1.0.tar.gz\n"),
        ])
    func forms(name: String, text: String) async throws {
        let hex = try sha256(Self.body)
        let text = text.replacing("HEX", with: hex).replacing("hex", with: hex.uppercased())
        let resolution = try await resolve([ForgeAsset(Self.name, .bytes(Self.body)), Self.text(name, text)])
        #expect(resolution.files.first?.digest?.description == "sha256:\(hex)")
        #expect(resolution.metadata.unverified == false)
    }

    @Test("beside a URL they are found, and a query is left alone", arguments: ["x.tgz.sha256", "SHA256SUMS"])
    func besideURL(name: String) async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let url = try hub.addRelease("1.0/x.tgz", .bytes(Self.body))
        try hub.addRelease("1.0/\(name)", .bytes(Array("\(try sha256(Self.body))  x.tgz\n".utf8)))
        let releases = Releases(http: .engine(engine))
        let resolution = try await releases.resolve(url)
        #expect(resolution.revision == "sha256:\(try sha256(Self.body))")
        #expect(resolution.files.first?.digest?.description == resolution.revision)
        #expect(resolution.files.first?.size == Int64(Self.body.count))
        #expect(resolution.metadata.unverified == false)
        #expect(resolution.reference.description == url)
        #expect(try await releases.resolve("\(url)?signature=1").metadata.unverified)
    }

    @Test(
        "in a long list, and in the UTF-16 of Windows, they are found; what cannot be read is refused and named",
        arguments: ["long", "little-endian", "big-endian", "illegible", "endless", "page"])
    func oddLists(form: String) async throws {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        let url = try hub.addRelease("1.0/x.tgz", .bytes(Self.body))
        let right = "\(try sha256(Self.body))  x.tgz\n"
        let units = Array(right.utf16)
        let list: [UInt8] =
            switch form {
            case "long": Array((String(repeating: "\(Self.wrong)  another-file.tar.gz\n", count: 18_000) + right).utf8)
            case "little-endian": [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            case "big-endian": [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            case "illegible": Array("checksums of the release\n".utf8)
            case "endless": [UInt8](repeating: UInt8(ascii: "\n"), count: 9 << 20)
            default: Array("<html>not found</html>".utf8)
            }
        try hub.addRelease("1.0/SHA256SUMS", .bytes(list))
        let releases = Releases(http: .engine(engine))
        switch form {
        case "illegible", "endless":
            let error = await #expect(throws: ProvisionError.self) { try await releases.resolve(url) }
            #expect(error?.code == .digestMismatch)
            #expect(error?.description.contains("SHA256SUMS") == true)
            #expect(error?.remedy?.contains("#sha256=") == true)
        case "page": #expect(try await releases.resolve(url).metadata.unverified)
        default: #expect(try await releases.resolve(url).revision == "sha256:\(right.prefix(64))")
        }
    }

    @Test("what says nothing of the asset leaves it unverified, or to the API's digest")
    func silent() async throws {
        let files = [
            Self.text("SHA256SUMS", "\(Self.wrong)  tool-2.0.tar.gz\n"), Self.text("tool-0.9.zip.sha256", Self.wrong),
        ]
        let none = try await resolve([ForgeAsset(Self.name, .bytes(Self.body))] + files)
        #expect(none.metadata.unverified)
        #expect(none.files.first?.digest == nil)
        let told = try await resolve([ForgeAsset(Self.name, .bytes(Self.body), digest: .right)] + files)
        #expect(told.files.first?.digest?.hex == (try sha256(Self.body)))
    }

    @Test("digests that contradict each other, and an own file without one, are refused")
    func contradictions() async throws {
        let asset = ForgeAsset(Self.name, .bytes(Self.body), digest: .right)
        for beside in [
            Self.text("SHA256SUMS", "\(Self.wrong)  \(Self.name)\n"),
            Self.text("SHA256SUMS", "\(Self.wrong)  \(Self.name)\n\(try sha256(Self.body))  \(Self.name)\n"),
            Self.text("\(Self.name).sha256", "<html>not found</html>"),
        ] {
            let error = await #expect(throws: ProvisionError.self) { try await resolve([asset, beside]) }
            #expect(error?.code == .digestMismatch)
            #expect(error?.description.contains(beside.name) == true)
        }
    }
}

/// Of the machine's own `sha256sum`, so that the digests are not of our own making.
func sha256(_ bytes: [UInt8]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(bytes))
    try input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return String(text.prefix(64))
}
