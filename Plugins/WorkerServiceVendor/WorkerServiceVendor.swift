import ArtifactTypes
public import Provisioning

/// Workers by name, of a service that lists them with their PKGBUILDs.
public enum WorkerServiceVendor {
    /// The module `worker-service`; its built-in instance `workers` asks the service that `WORKER_CATALOG_URL` names.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "worker-service", summary: "workers by name, of a service that lists them with their PKGBUILDs",
            options: options, provides: [.worker],
            builtIn: [VendorConfiguration(name: builtInName, module: "worker-service", provides: [.worker])]),
        make: { configuration, services throws(ProvisionError) in
            try WorkerServiceProvisioner(configuration, services)
        })

    static let builtInName = "workers"
    static let variable = "WORKER_CATALOG_URL"

    private static let options = [
        VendorOption("url", .string, environment: [variable], "the service: /workers is asked for below it"),
        .caFile, .timeout,
    ]
}
