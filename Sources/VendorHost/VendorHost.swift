public import ArtifactTypes
public import Logging
public import Provisioning

/// Vendors that are executables of their own. To the registry they are one more module, named `process`.
public enum VendorHost {
    /// What vendors.d files call it.
    public static let moduleName = "process"

    /// - Parameters:
    ///   - version: the hive's, as `initialize` tells it.
    ///   - limits: what a plug-in may take before it is killed.
    public static func module(version: String, limits: VendorLimits = VendorLimits()) -> VendorModule {
        VendorModule(descriptor: descriptor) {
            (configuration, services) throws(ProvisionError) -> any Provisioner in
            PluginProvisioner(
                PluginSession(
                    command: try PluginCommand(configuration, environment: services.environment), services: services,
                    version: version, limits: limits))
        }
    }

    static let descriptor = VendorDescriptor(
        name: moduleName, summary: "a vendor that is an executable and speaks the plug-in protocol",
        options: [
            VendorOption(
                "command", .strings, required: true,
                "program and arguments; the program beside the file (./), absolute, or looked up in PATH"),
            VendorOption("origins", .strings, "private or plain-http origins that the vendor's URLs may use"),
            VendorOption("environment", .strings, "variables that it may see beyond PATH, HOME and LANG"),
            VendorOption("secrets", .secrets, "secrets that are handed over in initialize"),
            VendorOption("options", .anything, "a table of settings of its own, handed over in initialize"),
        ],
        provides: Set(ArtifactKind.allCases))
}

/// What a plug-in may take. Whatever goes over is killed with all that it started, and its job fails.
public struct VendorLimits: Sendable, Hashable {
    /// From the start of the process to the answer of `initialize`.
    public var initialize: Duration
    public var resolve: Duration
    /// For a fetch that brings no byte more and tells of no progress.
    public var silence: Duration
    /// For the answer of `shutdown`, and again for the process to end after it.
    public var shutdown: Duration
    /// The longest message, in bytes.
    public var messageSize: Int
    /// Log, on standard error or as notifications, in bytes a second; as much again is allowed as a burst.
    public var logRate: Int
    /// How often in a row it is started again after a failure of its own, until it is disabled.
    public var restarts: Int

    public init(
        initialize: Duration = .seconds(10), resolve: Duration = .seconds(60), silence: Duration = .seconds(60),
        shutdown: Duration = .seconds(5),
        messageSize: Int = 8 << 20, logRate: Int = 1 << 20, restarts: Int = 3
    ) {
        self.initialize = initialize
        self.resolve = resolve
        self.silence = silence
        self.shutdown = shutdown
        self.messageSize = messageSize
        self.logRate = logRate
        self.restarts = restarts
    }
}

extension VendorHost {
    /// The conformance suite for authors of plug-ins: handshake, unknown methods, notifications, shutdown, an unknown
    /// reference, and each of `references` resolved twice, everything in it checked as for a download.
    ///
    /// - Throws: `.configuration` for a `[process]` table that cannot be used.
    public static func examine(
        _ configuration: VendorConfiguration, services: ProvisionServices, version: String,
        limits: VendorLimits = VendorLimits(), references: [ArtifactReference], kind: ArtifactKind
    ) async throws(ProvisionError) -> VendorReport {
        let session = PluginSession(
            command: try PluginCommand(configuration, environment: services.environment), services: services,
            version: version, limits: limits)
        var examination = PluginExamination(session, kind: kind, logger: services.logger)
        return await examination.run(references)
    }

    /// What of the suite a vendor that is no program can be tried with: each of `references` resolved.
    public static func examine(
        _ provisioner: any Provisioner, named name: String, references: [ArtifactReference], kind: ArtifactKind,
        logger: Logger
    ) async -> VendorReport {
        var report = VendorReport(vendor: name)
        for reference in references {
            let check = "resolve \(reference)"
            do throws(ProvisionError) {
                let context = ProvisionContext(job: "test", kind: kind, logger: logger)
                let resolution = try await provisioner.resolve(reference, in: context)
                report.checks.append(.passed(check, "at revision \(resolution.revision)"))
            } catch {
                report.checks.append(
                    .failed(check, error, remedy: "rbee-hive vendor show \(name) tells where its values come from"))
            }
        }
        return report
    }
}
