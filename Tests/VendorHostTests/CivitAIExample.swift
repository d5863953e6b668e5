import ArtifactTypes
import CivitAIVendor
import Foundation
import Provisioning
import SystemPackage
import TestHub
import Testing
import VendorHost
import VendorServices

/// One module, in this process or as a program of its own.
enum Side: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case inProcess
    case outOfProcess

    var testDescription: String { rawValue }
}

/// The CivitAI example over a hub of the test's own, or over one that is not there.
struct CivitAIExample {
    /// The folder of the built programs: the test bundle stands beside them.
    static let programs = FilePath((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        .removingLastComponent()

    let endpoint: String
    var token: String?
    /// Where the lines between hive and program are written down.
    var record: FilePath?

    func provisioner(_ side: Side) throws(ProvisionError) -> any Provisioner {
        var services = ProvisionServices.standalone("test")
        services.logger = ProvisionServices.closed.logger
        services.environment["CIVITAI_ENDPOINT"] = endpoint
        let token = token
        services.secret = { (source) async throws(ProvisionError) -> Secret? in
            source == .environment("CIVITAI_TOKEN") ? token.map { Secret($0) } : nil
        }
        switch side {
        case .inProcess:
            let options: [String: VendorOptions.Value] = [
                "endpoint": .string(endpoint), "token": .secret(.environment("CIVITAI_TOKEN")),
            ]
            return try CivitAIVendor.module.make(
                VendorConfiguration(
                    name: "civitai", module: "civitai", provides: [.model], options: VendorOptions(options)), services)
        case .outOfProcess:
            var command = [Self.programs.appending("rbee-vendor-civitai").string]
            if let record { command = Traffic.recording(command, to: record) }
            let options: [String: VendorOptions.Value] = [
                "command": .strings(command), "environment": .strings(["CIVITAI_ENDPOINT"]),
                "origins": .strings(["$CIVITAI_ENDPOINT"]),
                "secrets": .secrets(["token": .environment("CIVITAI_TOKEN")]),
            ]
            let limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))
            return try VendorHost.module(version: "1", limits: limits).make(
                VendorConfiguration(
                    name: "civitai", module: "process", provides: [.model],
                    forms: [ReferenceForm("civitai:{model}")].compactMap { $0 }, options: VendorOptions(options)),
                services)
        }
    }

    func resolve(_ reference: String, _ side: Side, offline: Bool = false) async throws -> Resolution {
        try await provisioner(side).resolve(
            try ArtifactReference(parsing: reference),
            in: ProvisionContext(
                job: "job", kind: .model, offline: offline, logger: ProvisionServices.closed.logger))
    }

    func failure(_ reference: String, _ side: Side, offline: Bool = false) async -> ProvisionError? {
        do {
            _ = try await resolve(reference, side, offline: offline)
            return nil
        } catch {
            return ProvisionError(mapping: error)
        }
    }
}
