import ArtifactTypes
import Foundation
import Logging
import OCIVendor
import Provisioning
import Synchronization
import SystemPackage
import TestHub
import TestSupport
import Testing
import Transfer
import VendorServices

/// A registry with what a test puts there, and a vendor that may ask it.
struct RegistryWorld {
    let hub: TestHub
    let folder: TemporaryDirectory
    var environment: [String: String]

    static let gguf = GGUFWriter().bytes()

    init(access: RegistryAccess = .open) throws {
        hub = try TestHub.start()
        hub.setRegistryAccess(access)
        folder = try TemporaryDirectory()
        environment = ["HOME": folder.path.string, "PATH": folder.path.appending("bin").string + ":/usr/bin:/bin"]
    }

    /// `HOST:PORT`, as references name it.
    var host: String { String(hub.hub.dropFirst("http://".count)) }

    func provisioner(
        _ name: String = "oci", options: [String: VendorOptions.Value] = [:], file: String? = nil
    ) throws -> any Provisioner {
        let environment = environment
        let logger = Self.logger
        let services = ProvisionServices(
            http: HTTPService(TransferEngine(logger: logger)),
            secret: { source throws(ProvisionError) in
                guard case .environment(let name) = source else { return nil }
                return environment[name].map { Secret($0) }
            },
            keptSources: KeptSources { _, _ in }, environment: environment, logger: logger)
        return try OCIVendor.module.make(
            VendorConfiguration(
                name: name, module: "oci", file: file, provides: [.model, .worker], options: VendorOptions(options)),
            services)
    }

    /// As the built-in `ollama`, but for the registry's place.
    func ollama() throws -> any Provisioner {
        try provisioner("ollama", options: ["registry": .string(hub.hub), "namespace": .string("library")])
    }

    /// - Parameter reference: where it begins with a slash, of this registry.
    func resolve(
        _ reference: String, kind: ArtifactKind = .model, platform: HostPlatform = .current, offline: Bool = false,
        known: Resolution? = nil, with provisioner: (any Provisioner)? = nil,
        progress: ProgressSink = ProgressSink { _ in }
    ) async throws -> Resolution {
        let provisioner = try provisioner ?? self.provisioner()
        return try await provisioner.resolve(
            try ArtifactReference(parsing: reference.hasPrefix("/") ? "oci://\(host)\(reference)" : reference),
            in: ProvisionContext(
                job: "1", kind: kind, platform: platform, offline: offline, known: known, progress: progress,
                logger: Self.logger))
    }

    /// The error of a resolve that must fail.
    func failure(
        _ reference: String, kind: ArtifactKind = .model, with provisioner: (any Provisioner)? = nil
    ) async throws -> ProvisionError {
        try await #require(throws: ProvisionError.self) {
            try await resolve(reference, kind: kind, with: provisioner)
        }
    }

    /// Writes Docker's configuration, where `docker login` does.
    func dockerConfiguration(_ json: String) throws {
        chmod(try folder.write(Array(json.utf8), to: ".docker/config.json").string, 0o600)
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
