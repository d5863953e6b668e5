import ArtifactTypes
public import Provisioning

/// Artifacts of container registries (OCI distribution specification 1.1): models as Docker, CNCF ModelPack, ORAS and
/// Ollama keep them, and workers.
public enum OCIVendor {
    /// The module `oci`; its built-in instance of that name takes every `oci://` reference, and `ollama` the models of
    /// Ollama's library.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "oci", summary: "models and workers of container registries, and of Ollama's library",
            options: options, provides: [.model, .worker],
            builtIn: [
                VendorConfiguration(name: "oci", module: "oci", provides: [.model, .worker]),
                VendorConfiguration(
                    name: "ollama", module: "oci", provides: [.model],
                    options: VendorOptions([
                        "registry": .string("https://registry.ollama.ai"), "namespace": .string("library"),
                    ])),
            ]),
        make: { configuration, services throws(ProvisionError) in
            OCIProvisioner(settings: try OCISettings(configuration), services: services)
        })

    private static let options =
        [
            VendorOption(
                "registry", .string, "https://HOST whose references are this instance's, as NAME:repository:tag"),
            .mirrors(
                "registries with the same content: tried first for layers, and all while the registry cannot be reached",
                url: "https://HOST, or https://HOST/PREFIX",
                [
                    VendorOption("username", .string, "the token is its password, not a bearer token"),
                    VendorOption("token", .secret, "goes to this mirror, and with a user name to its token service"),
                    .caFile,
                ]),
            VendorOption("namespace", .string, "stands before a repository's name that has no slash"),
            VendorOption("username", .string, "the token is its password, not a bearer token"),
            VendorOption("token", .secret, "sent to the registry, and with a user name to its token service"),
            VendorOption(
                "realms", .strings,
                "https://HOST of token services that may see the user's password, beside the registry"),
        ] + VendorOption.network
}
