import ArtifactTypes
public import Provisioning

/// Release archives and single files: by their URL, with the digest in its fragment (`https://…/x.tar.gz#sha256=…`), or
/// by a forge's release (`github:owner/repo@tag:asset`).
public enum TarballVendor {
    /// The module `tarball`; its built-in instance of that name takes every http and https URL, and one for each kind of
    /// forge its releases.
    public static let module = VendorModule(
        descriptor: VendorDescriptor(
            name: "tarball", summary: "release archives and single files by their URL or by a forge's release",
            options: options,
            provides: [.model, .worker],
            builtIn: [VendorConfiguration(name: builtInName, module: "tarball", provides: [.model, .worker])]
                + ForgeKind.allCases.map(forge)),
        make: { configuration, services throws(ProvisionError) in
            if let settings = try ForgeSettings(configuration) {
                return ForgeProvisioner(settings: settings, services: services)
            }
            return try TarballProvisioner(configuration, services)
        })

    private static func forge(_ kind: ForgeKind) -> VendorConfiguration {
        VendorConfiguration(
            name: kind.rawValue, module: "tarball", provides: [.model, .worker],
            options: VendorOptions(["forge": .string(kind.rawValue)]))
    }

    static let builtInName = "tarball"

    private static let options =
        [
            VendorOption("forge", .string, "github, gitlab or gitea: its releases, not URLs, are this instance's"),
            VendorOption(
                "origin", .string, "https://HOST whose URLs are this instance's, and to which its token is sent"),
            .mirrors(
                "servers that are tried first, for a file whose digest is known",
                url: "stands in the place of a URL's origin",
                [
                    VendorOption("username", .string, "the token is its password"),
                    VendorOption("token", .secret, "the mirror's own token"), .caFile,
                ]),
            VendorOption("username", .string, "the token is its password, not a bearer token"),
            VendorOption("token", .secret, "sent to the origin alone"),
            VendorOption("signers", .string, "an allowed_signers file: what nobody in it has signed is refused"),
        ] + VendorOption.network
}
