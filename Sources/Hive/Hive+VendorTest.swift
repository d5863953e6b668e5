public import ArtifactTypes
import ContentStore
import Foundation
import ModelCatalog
import ModelProvisioner
import Pipeline
public import Provisioning
import SystemPackage
public import VendorHost
import Vendors

/// Trying a vendor out, as who writes one wants it tried.
extension Hive {
    /// Runs the conformance suite over a vendor: by its name, its file, or the path of its program alone.
    ///
    /// - Parameters:
    ///   - fetches: each reference of a model is downloaded too, into a store that is thrown away.
    ///   - progress: told of those downloads.
    /// - Throws: `.invalid` for an unknown name, `.notFound` for a path where nothing is, `.configuration` for a file
    ///   that cannot be used. What is wrong with the vendor itself stands in the report.
    public func test(
        vendor nameOrPath: String, references: [ArtifactReference], kind: ArtifactKind, fetches: Bool,
        progress: ProgressSink
    ) async throws(ProvisionError) -> VendorReport {
        let vendor = try vendorToTest(nameOrPath, references)
        var report: VendorReport
        if vendor.configuration.module == VendorHost.moduleName {
            report = try await VendorHost.examine(
                vendor.configuration, services: registry.services, version: Self.version, references: references,
                kind: kind)
        } else {
            report = await VendorHost.examine(
                vendor.provisioner, named: vendor.name, references: references, kind: kind,
                logger: configuration.logger)
        }
        guard fetches, kind == .model else { return report }
        for reference in references where !report.checks.contains(where: { $0.failed(of: reference) }) {
            report.checks.append(await trial(of: reference, from: vendor, progress: progress))
        }
        return report
    }

    private func vendorToTest(
        _ nameOrPath: String, _ references: [ArtifactReference]
    ) throws(ProvisionError) -> VendorRegistry.Instance {
        guard nameOrPath.contains("/") || nameOrPath.hasSuffix(".toml") else {
            return try registry.vendor(named: nameOrPath)
        }
        // A program that is named beside the file must be found whatever folder it is started from.
        let given = FilePath(nameOrPath)
        let path = given.isRelative ? FilePath(FileManager.default.currentDirectoryPath).pushing(given) : given
        if path.extension == "toml" || !FileManager.default.isExecutableFile(atPath: path.string) {
            return try registry.vendor(at: path)
        }
        // A program without a file takes what it is tried with, and sees what its author's shell has.
        let name = references.first?.vendor ?? path.stem ?? "vendor"
        let environment = configuration.environment
        let servers = environment.filter {
            $0.value.hasPrefix("http") && $0.value.contains("://") && !$0.value.contains("@")
        }
        return try registry.vendor(
            VendorConfiguration(
                name: name, module: VendorHost.moduleName, provides: Set(ArtifactKind.allCases),
                options: VendorOptions([
                    "command": .strings([path.string]), "environment": .strings(Array(environment.keys)),
                    "origins": .strings(servers.keys.map { "$\($0)" }),
                ])))
    }

    /// Downloads `reference` as a user would, by that vendor alone and into a store that is thrown away.
    private func trial(
        of reference: ArtifactReference, from vendor: VendorRegistry.Instance, progress: ProgressSink
    ) async -> VendorReport.Check {
        let name = "download \(reference)"
        do {
            let folder = try PassingFolder(prefix: "rbee-vendor-test-")
            defer { withExtendedLifetime(folder) {} }
            let store = try ContentStore(root: folder.path)
            let provisioner = ModelProvisioner(
                pipeline: Pipeline(registry: registry.only(vendor), store: store, engine: engine))
            let job = job(.model, progress: progress)
            let start = ContinuousClock.now
            let entry = try await provisioner.provision(try await provisioner.plan(reference, for: job), for: job)
            let seconds = ((ContinuousClock.now - start) / .seconds(1) * 100).rounded() / 100
            return .passed(
                name, "\(ByteCount(entry.size)) in \(seconds) s, \(entry.verified ? "verified" : "unverified")")
        } catch {
            return .failed(
                name, ProvisionError(pipeline: error),
                remedy: "what was resolved cannot be downloaded: see that URLs, sizes, digests and files are those of "
                    + "one revision")
        }
    }
}

extension VendorReport.Check {
    fileprivate func failed(of reference: ArtifactReference) -> Bool {
        outcome == .failed && (name == "handshake" || name.hasSuffix(reference.description))
    }
}
