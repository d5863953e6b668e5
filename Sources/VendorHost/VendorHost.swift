import ArtifactTypes
public import Provisioning

/// Vendors that are executables of their own. To the registry they are one more module, named `process`.
public enum VendorHost {
    /// - Parameters:
    ///   - version: the hive's, as `initialize` tells it.
    ///   - limits: what a plug-in may take before it is killed.
    public static func module(version: String, limits: VendorLimits = VendorLimits()) -> VendorModule {
        VendorModule(descriptor: descriptor) {
            (configuration, services) throws(ProvisionError) -> any Provisioner in
            PluginProvisioner(
                command: try PluginCommand(configuration, environment: services.environment), services: services,
                version: version, limits: limits)
        }
    }

    static let descriptor = VendorDescriptor(
        name: "process", summary: "a vendor that is an executable and speaks the plug-in protocol",
        options: [
            VendorOption(
                "command", .strings, required: true,
                "program and arguments; the program beside the file (./), absolute, or looked up in PATH"),
            VendorOption("origins", .strings, "private or plain-http origins that the vendor's URLs may use"),
            VendorOption("environment", .strings, "variables that it may see beyond PATH, HOME and LANG"),
            VendorOption("secrets", .secrets, "secrets that are handed over in initialize"),
        ],
        provides: Set(ArtifactKind.allCases))
}

/// What a plug-in may take. Whatever goes over is killed with all that it started, and its job fails.
public struct VendorLimits: Sendable, Hashable {
    /// From the start of the process to the answer of `initialize`.
    public var initialize: Duration
    public var resolve: Duration
    /// For the answer of `shutdown`, and again for the process to end after it.
    public var shutdown: Duration
    /// The longest message, in bytes.
    public var messageSize: Int
    /// Log, on standard error or as notifications, in bytes a second; as much again is allowed as a burst.
    public var logRate: Int

    public init(
        initialize: Duration = .seconds(10), resolve: Duration = .seconds(60), shutdown: Duration = .seconds(5),
        messageSize: Int = 8 << 20, logRate: Int = 1 << 20
    ) {
        self.initialize = initialize
        self.resolve = resolve
        self.shutdown = shutdown
        self.messageSize = messageSize
        self.logRate = logRate
    }
}
