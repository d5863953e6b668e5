import ArtifactTypes
import Foundation
import Logging
import Provisioning
import Synchronization
import SystemPackage
import TestHub
import TestSupport
import Transfer

@testable import GitVendor

/// A vendor in a world of its own: a forge on loopback, kept mirrors and staging in a temporary folder.
struct World {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// The machine's configuration of git may rewrite hosts.
    static let ownGit = ["GIT_CONFIG_NOSYSTEM": "1"]
    static let token = "canary-4f1d9a7b"

    let hub: TestHub
    let folder: TemporaryDirectory
    let notices = Notices()
    var environment: [String: String] = [:]

    init(environment: [String: String] = [:]) throws {
        self.environment = environment
        hub = try TestHub.start()
        folder = try TemporaryDirectory()
    }

    final class Notices: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    var kept: FilePath { folder.path.appending("kept") }

    func provisioner(
        _ options: [String: VendorOptions.Value], name: String = "corp", secrets: [String: String] = ["TOKEN": token]
    ) throws -> any FetchingProvisioner {
        let folder = folder
        let services = ProvisionServices(
            http: HTTPService { _ throws(ProvisionError) in throw ProvisionError(.unsupported, "closed") },
            secret: { source throws(ProvisionError) in
                guard case .environment(let name) = source else { return nil }
                return secrets[name].map { Secret($0) }
            },
            keptSources: KeptSources { key, body in
                let name = key.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
                try folder.write([], to: "kept/\(name)/.lock")
                try await body(folder.path.appending("kept").appending(name))
            }, environment: environment.merging(Self.ownGit) { given, _ in given }, logger: Self.logger)
        let engine = TransferEngine(TransferConfiguration(maximumAttempts: 1), logger: Self.logger)
        let configuration = VendorConfiguration(
            name: name, module: "git", provides: [.worker], options: VendorOptions(options))
        let made = try GitVendor.module(transport: engine).make(configuration, services)
        guard let fetching = made as? any FetchingProvisioner else { throw ProvisionError(.invalid, "cannot fetch") }
        return fetching
    }

    func context(offline: Bool = false, known: Resolution? = nil) -> ProvisionContext {
        let notices = notices
        return ProvisionContext(
            job: "1", kind: .worker, offline: offline, known: known,
            progress: ProgressSink { event in if case .notice(let line) = event { notices.add(line) } },
            logger: Self.logger)
    }

    func staging(_ name: String = "staging") throws -> StagingArea {
        try folder.write([], to: "\(name)/.keep")
        let path = folder.path.appending(name)
        try FileManager.default.removeItem(atPath: path.appending(".keep").string)
        return StagingArea(root: path)
    }

    func resolve(_ reference: String, _ provisioner: any FetchingProvisioner) async throws -> Resolution {
        try await provisioner.resolve(ArtifactReference(parsing: reference), in: context())
    }

    func text(_ name: String, in area: StagingArea) throws -> String {
        try String(contentsOfFile: area.root.appending(name).string, encoding: .utf8)
    }
}
