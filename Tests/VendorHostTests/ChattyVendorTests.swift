import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestSupport
import Testing
import VendorHost

@Suite("a module that prints, as a program of its own")
struct ChattyVendorTests {
    private func provisioner(record: FilePath? = nil) throws -> any FetchingProvisioner {
        var command = [CivitAIExample.programs.appending("chatty-vendor").string]
        if let record { command = Traffic.recording(command, to: record) }
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment
        let limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))
        let made = try VendorHost.module(version: "1", limits: limits).make(
            VendorConfiguration(
                name: "chatty", module: "process", provides: [.model],
                options: VendorOptions(["command": .strings(command)])), services)
        return try #require(made as? any FetchingProvisioner)
    }

    private let context = ProvisionContext(job: "job", kind: .model, logger: ProvisionServices.closed.logger)

    @Test("nothing that it prints comes between its messages")
    func prints() async throws {
        let resolution = try await provisioner().resolve(try ArtifactReference(parsing: "chatty:org/name"), in: context)
        #expect(resolution.files.map(\.path.string) == ["sub/a.gguf"])
    }

    @Test("a module with a transport of its own fetches out of process")
    func fetches() async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path.appending("staging")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        let vendor = try provisioner()
        let resolution = try await vendor.resolve(try ArtifactReference(parsing: "chatty:org/name"), in: context)
        _ = try await vendor.fetch(resolution, into: StagingArea(root: folder), in: context)
        #expect(try String(contentsOfFile: folder.appending("sub/a.gguf").string, encoding: .utf8) == "12345")
        #expect(vendor.resumes)
    }

    @Test("a fetch conforms to the schema too", .enabled(if: Traffic.canValidate))
    func schema() async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path.appending("staging")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        // Where it fetches nothing but its folder can be written to.
        let record = folder.appending("traffic.jsonl")
        let vendor = try provisioner(record: record)
        let resolution = try await vendor.resolve(try ArtifactReference(parsing: "chatty:org/name"), in: context)
        _ = try await vendor.fetch(resolution, into: StagingArea(root: folder, isResumed: true), in: context)
        let brought = try String(contentsOfFile: folder.appending("sub/a.gguf").string, encoding: .utf8)
        #expect(brought == "12345, resumed")
        #expect(try Traffic.problems(in: record) == "")
        #expect(try String(contentsOfFile: record.string, encoding: .utf8).contains("fetch"))
    }
}
