import ArtifactTypes
public import Provisioning

/// What lies on this machine already: `file:/path` of a model's file, of one file of a split set, of a folder, or of a
/// worker's release archive.
public enum LocalVendor {
    /// The module `local`; its built-in instance of that name takes every `file:` reference.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: name, summary: "model files and folders, and workers' archives, of this machine", options: [],
            provides: [.model, .worker],
            builtIn: [VendorConfiguration(name: name, module: name, provides: [.model, .worker])]),
        make: { configuration, _ throws(ProvisionError) in
            LocalProvisioner(name: configuration.name, forms: configuration.forms)
        })

    private static let name = "local"
}
