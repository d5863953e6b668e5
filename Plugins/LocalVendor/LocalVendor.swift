import ArtifactTypes
public import Provisioning

/// Models that lie on this machine already: `file:/path` of a file, of one file of a split set, or of a folder.
public enum LocalVendor {
    /// The module `local`; its built-in instance of that name takes every `file:` reference.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: name, summary: "model files and folders of this machine", options: [], provides: [.model],
            builtIn: [VendorConfiguration(name: name, module: name, provides: [.model])]),
        make: { configuration, _ throws(ProvisionError) in
            LocalProvisioner(name: configuration.name, forms: configuration.forms)
        })

    private static let name = "local"
}
