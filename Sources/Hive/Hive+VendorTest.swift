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
import WorkerCatalog
import WorkerProvisioner

/// Trying a vendor out, as who writes one wants it tried.
extension Hive {
    /// Runs the conformance suite over a vendor: by its name, its file, or the path of its program alone.
    ///
    /// - Parameters:
    ///   - kind: what the references are of; nil for models, unless the vendor has workers alone.
    ///   - fetches: each reference is downloaded or installed too, into a store that is thrown away.
    ///   - progress: told of that.
    /// - Throws: `.invalid` for an unknown name or a reference that the vendor does not take, `.notFound` for a path where nothing is, `.configuration` for a file
    ///   that cannot be used. What is wrong with the vendor itself stands in the report.
    public func test(
        vendor nameOrPath: String, references: [ArtifactReference], kind: ArtifactKind?, fetches: Bool,
        progress: ProgressSink
    ) async throws(ProvisionError) -> VendorReport {
        let vendor = try vendorToTest(nameOrPath, references)
        let kind = kind ?? (vendor.configuration.provides == [.worker] ? .worker : .model)
        for reference in references { try check(reference, kind, isOf: vendor) }
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
        guard fetches else { return report }
        for reference in references where !report.checks.contains(where: { $0.failed(of: reference) }) {
            report.checks.append(await trial(of: reference, kind, from: vendor, progress: progress))
        }
        return report
    }

    /// What is another vendor's says nothing of this one.
    private func check(
        _ reference: ArtifactReference, _ kind: ArtifactKind, isOf vendor: VendorRegistry.Instance
    ) throws(ProvisionError) {
        guard let own = registry.only(vendor).explain(reference, kind: kind).considered.first,
            [.doesNotMatch, .otherKind].contains(own.verdict)
        else { return }
        throw ProvisionError(
            .invalid,
            "vendor \(vendor.name) does not take \"\(reference.withoutSecrets)\" as a \(kind.rawValue): \(own.reason)",
            remedy: own.forms.isEmpty ? nil : "it takes \(own.forms.joined(separator: ", "))")
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
        let files = FileManager.default
        if path.extension == "toml" || !files.fileExists(atPath: path.string) { return try registry.vendor(at: path) }
        guard files.isExecutableFile(atPath: path.string) else {
            throw ProvisionError(
                .configuration, "\(path) is no program: it is not executable",
                remedy: "`chmod +x` makes a script one; a vendors.d file ends with .toml")
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

    /// Downloads or installs `reference` as a user would, by that vendor alone and into a store that is thrown away.
    private func trial(
        of reference: ArtifactReference, _ kind: ArtifactKind, from vendor: VendorRegistry.Instance,
        progress: ProgressSink
    ) async -> VendorReport.Check {
        let name = "\(kind == .model ? "download" : "install") \(reference)"
        let job = job(kind, progress: progress)
        do {
            let temporary = FilePath(FileManager.default.temporaryDirectory.path)
            return try await ContentStore.withThrowAway(in: temporary, prefix: "rbee-vendor-test-") { store in
                let pipeline = Pipeline(registry: registry.only(vendor), store: store, engine: engine)
                let start = ContinuousClock.now
                let seen =
                    switch kind {
                    case .model: try await downloaded(reference, by: pipeline, for: job)
                    case .worker: try await installed(reference, by: pipeline, for: job)
                    }
                let seconds = ((ContinuousClock.now - start) / .seconds(1) * 100).rounded() / 100
                return .passed(name, "\(seen), in \(seconds) s")
            }
        } catch {
            let failure = ProvisionError(pipeline: error)
            return .failed(name, failure, remedy: Self.remedy(for: failure, kind))
        }
    }

    /// How the vendor is to be mended; nil where it is not the vendor that has to be.
    private static func remedy(for failure: ProvisionError, _ kind: ArtifactKind) -> String? {
        switch failure.code {
        case .untrusted, .insufficientSpace, .io, .missingTool, .sandboxUnavailable, .locked, .cancelled: nil
        case _ where kind == .worker:
            "what was resolved cannot be installed: see that it is one archive, NAME-VERSION-OS-ARCH-VARIANT, with "
                + "bin/NAME, which can be run with --version"
        default:
            "what was resolved cannot be downloaded: see that URLs, sizes, digests and files are those of one revision"
        }
    }

    private func downloaded(
        _ reference: ArtifactReference, by pipeline: Pipeline, for job: ProvisionJob
    ) async throws(ProvisionError) -> String {
        let provisioner = ModelProvisioner(pipeline: pipeline)
        let entry = try await provisioner.provision(try await provisioner.plan(reference, for: job), for: job)
        return "\(ByteCount(entry.size)), \(entry.verified ? "verified" : "unverified")"
    }

    /// What would have to be built is resolved, and no more.
    private func installed(
        _ reference: ArtifactReference, by pipeline: Pipeline, for job: ProvisionJob
    ) async throws(ProvisionError) -> String {
        let provisioner = WorkerProvisioner(pipeline: pipeline, environment: configuration.environment)
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        let isRecipe = reference.selector.flatMap { OfferedRecipe(selector: $0) } != nil
        if isRecipe || resolution.git != nil {
            return "resolved only: \(isRecipe ? "worker install" : "worker build") tries the build"
        }
        let plan = try await provisioner.plan(.init(reference: reference), for: job)
        let entry = try await provisioner.install(plan, for: job)
        return
            "\(entry.id), \(ByteCount(entry.size)), \(entry.verified ? "verified" : "unverified"), run in the sandbox"
    }
}

extension VendorReport.Check {
    fileprivate func failed(of reference: ArtifactReference) -> Bool {
        outcome == .failed && (name == "handshake" || name.hasSuffix(reference.description))
    }
}
