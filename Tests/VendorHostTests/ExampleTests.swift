import ArtifactTypes
import ExampleVendor
import Foundation
import Provisioning
import SystemPackage
import TestSupport
import Testing
import VendorHost
import VendorServices

/// A web server on loopback that serves a folder, for as long as it is referenced.
private final class WebServer: Sendable {
    let origin: String
    private let process: Process

    init(folder: FilePath) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.string,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        // "Serving HTTP on 127.0.0.1 port 40001 (http://127.0.0.1:40001/) ..."
        let greeting = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let start = greeting.firstIndex(of: "("), let end = greeting.lastIndex(of: "/") else {
            throw ProvisionError(.unavailable, "the server says \(greeting)")
        }
        origin = String(greeting[greeting.index(after: start)..<end])
    }

    deinit { process.terminate() }
}

@Suite("the example vendor of the guide")
struct ExampleTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
    private static let folder = root.appending("Plugins/Examples/example-hub")

    private func provisioner(hub: String) throws(ProvisionError) -> any Provisioner {
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment.merging(["EXAMPLE_HUB": hub]) { $1 }
        let configuration = VendorConfiguration(
            name: "example", module: "process", file: Self.folder.appending("example.toml").string, provides: [.model],
            forms: [ReferenceForm("example:{org}/{name}")].compactMap { $0 },
            options: VendorOptions([
                "command": .strings(["./rbee-vendor-example"]), "environment": .strings(["EXAMPLE_HUB"]),
                "origins": .strings(["$EXAMPLE_HUB"]),
            ]))
        return try VendorHost.module(version: "1").make(configuration, services)
    }

    private func context() -> ProvisionContext {
        ProvisionContext(job: "job", kind: .model, logger: ProvisionServices.closed.logger)
    }

    @Test("it lists a model's files from the index of a web server")
    func resolves() async throws {
        let directory = try TemporaryDirectory()
        let digest = String(repeating: "b", count: 64)
        let server = try WebServer(folder: directory.path)
        try directory.write(
            """
            {"models": {"org/name": {"revision": "r1", "files": [
                {"path": "name-Q4_K_M.gguf", "size": 5, "sha256": "\(digest)", "url": "\(server.origin)/files/a"}]}}}
            """.utf8, to: "example/index.json")
        let vendor = try provisioner(hub: server.origin)
        #expect(vendor.access.configuredOrigins == [server.origin])
        let reference = try ArtifactReference(parsing: "example:org/name:Q4_K_M")
        let resolution = try await vendor.resolve(reference, in: context())
        #expect(resolution.revision == "r1")
        #expect(resolution.reference == reference)
        let file = try #require(resolution.files.first)
        #expect(file.path.string == "name-Q4_K_M.gguf")
        #expect(file.digest?.hex == digest)
        #expect(file.sources.map(\.url) == ["\(server.origin)/files/a"])

        let missing = await #expect(throws: ProvisionError.self) {
            try await vendor.resolve(try ArtifactReference(parsing: "example:org/other"), in: self.context())
        }
        #expect(missing?.code == .notFound)
        #expect(missing?.message == "vendor example: no model org/other; there are org/name")
    }

    @Test("asked for another revision than the index has, it has none; an index that lacks something is unavailable")
    func refuses() async throws {
        let directory = try TemporaryDirectory()
        let server = try WebServer(folder: directory.path)
        try directory.write(
            #"{"models": {"org/name": {"revision": "r1", "files": [{"path": "a.gguf"}]}}}"#.utf8,
            to: "example/index.json")
        let vendor = try provisioner(hub: server.origin)
        let refusals: [(String, ProvisionError.Code, String)] = [
            ("example:org/name@r2", .revisionNotFound, "no org/name@r2; there is r1"),
            ("example:org/name@r1", .unavailable, "\(server.origin)/example/index.json: KeyError('size')"),
        ]
        for (reference, code, message) in refusals {
            let error = await #expect(throws: ProvisionError.self) {
                try await vendor.resolve(try ArtifactReference(parsing: reference), in: self.context())
            }
            #expect(error?.code == code && error?.message.contains(message) == true, "\(reference)")
        }
    }

    @Test("a hub that is not there is unavailable")
    func unreachable() async throws {
        let vendor = try provisioner(hub: "http://127.0.0.1:1")
        let error = await #expect(throws: ProvisionError.self) {
            try await vendor.resolve(try ArtifactReference(parsing: "example:org/name"), in: self.context())
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("http://127.0.0.1:1/example/index.json") == true)
    }

    @Test("the guide shows the files as they stand", arguments: ["rbee-vendor-example", "example.toml"])
    func guide(_ name: String) throws {
        let guide = try String(contentsOfFile: Self.root.appending("docs/vendors.md").string, encoding: .utf8)
        let file = try String(contentsOfFile: Self.folder.appending(name).string, encoding: .utf8)
        #expect(guide.contains(file))
    }

    @Test("the same as a Swift module comes to the same")
    func module() async throws {
        let directory = try TemporaryDirectory()
        let server = try WebServer(folder: directory.path)
        let digest = String(repeating: "b", count: 64)
        try directory.write(
            """
            {"models": {"org/name": {"revision": "r1", "files": [
                {"path": "name.gguf", "size": 5, "sha256": "\(digest)", "url": "\(server.origin)/files/a"}]}}}
            """.utf8, to: "example/index.json")
        let linked = try ExampleVendor.module.make(
            VendorConfiguration(
                name: "example", module: "example", provides: [.model],
                options: VendorOptions(["endpoint": .string(server.origin)])), .standalone("test"))
        let reference = try ArtifactReference(parsing: "example:org/name")
        let own = try await linked.resolve(reference, in: context())
        #expect(try await provisioner(hub: server.origin).resolve(reference, in: context()) == own)
        let missing = await #expect(throws: ProvisionError.self) {
            try await linked.resolve(try ArtifactReference(parsing: "example:org/other"), in: self.context())
        }
        #expect(missing?.code == .notFound)
        let other = await #expect(throws: ProvisionError.self) {
            try await linked.resolve(try ArtifactReference(parsing: "example:org/name@r2"), in: self.context())
        }
        #expect(other?.code == .revisionNotFound)
    }

    @Test("the guide shows the module as it stands")
    func guideShowsModule() throws {
        let guide = try String(contentsOfFile: Self.root.appending("docs/vendors.md").string, encoding: .utf8)
        let file = try String(
            contentsOfFile: Self.root.appending("Plugins/Examples/ExampleVendor/ExampleVendor.swift").string,
            encoding: .utf8)
        let shown = try #require(file.components(separatedBy: "private struct Index").first)
        #expect(guide.contains(shown.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test("the script is thirty lines at most")
    func length() throws {
        let script = try String(
            contentsOfFile: Self.folder.appending("rbee-vendor-example").string, encoding: .utf8)
        #expect(script.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 30)
    }
}
