import ArtifactTypes
public import Provisioning

/// Models of the Hugging Face hub, and of every server that speaks its read API.
public enum HuggingFaceVendor {
    /// The module `huggingface`; its built-in instance `hf` also takes bare `org/name`.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "huggingface", summary: "models of the Hugging Face hub, or of a server with its API",
            options: options, provides: [.model],
            builtIn: [VendorConfiguration(name: builtInName, module: "huggingface", provides: [.model])]),
        make: { configuration, services throws(ProvisionError) in
            try HuggingFaceProvisioner(configuration, services)
        })

    static let builtInName = "hf"
    static let publicEndpoint = "https://huggingface.co"

    private static let options =
        [
            VendorOption(
                "endpoint", .string, fallback: publicEndpoint, environment: ["HF_ENDPOINT"],
                "the hub's URL; \(publicEndpoint) without it"),
            .mirrors(
                "servers that are tried first for files, and for metadata while the endpoint is down",
                url: "the mirror's URL", [VendorOption("token", .secret, "the mirror's own token"), .caFile]),
            VendorOption(
                "token", .secret, environment: ["HF_TOKEN", "HF_TOKEN_PATH"], unless: "endpoint",
                "sent to the endpoint alone"),
        ] + VendorOption.network
}
