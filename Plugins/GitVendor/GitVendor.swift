import ArtifactTypes
import GitCheckout
public import Provisioning
public import Transfer

/// The vendor module `git`: repositories over http(s), ssh and on this machine, with mirrors.
public enum GitVendor {
    /// - Parameter engine: carries git's requests; `ProvisionServices.http` is for small ones alone.
    public static func module(transport engine: TransferEngine) -> VendorModule {
        VendorModule(descriptor: descriptor) { configuration, services throws(ProvisionError) in
            GitProvisioner(
                name: configuration.name, settings: try GitSettings(configuration),
                client: GitClient(engine: engine, environment: services.environment, logger: services.logger),
                services: services, configuration: configuration)
        }
    }

    private static let key = VendorOption.Shape.table([
        VendorOption("file", .string, required: true, "a private key's file")
    ])

    static let descriptor = VendorDescriptor(
        name: "git", summary: "git repositories over https, ssh, http and on this machine, with mirrors",
        options: [
            VendorOption(
                "url", .string,
                "the repository; without it the vendor takes git+https://…, git+ssh://… and git+file://… references"),
            .mirrors(
                "tried first to last, then url", url: "the mirror",
                [
                    VendorOption("username", .string, "sent with the token; x-access-token by default"),
                    VendorOption("token", .secret, "goes to this mirror alone"), .caFile,
                    VendorOption("ssh-key", key, "the key for an ssh URL; by default those that ssh finds"),
                ]),
            VendorOption("branch", .string, "the branch to follow; by default the repository's HEAD"),
            VendorOption("tag", .string, "the tag to use"),
            VendorOption("commit", .string, "the commit to stay at, all 40 digits"),
            VendorOption("username", .string, "sent with the token; x-access-token by default"),
            VendorOption("token", .secret, "goes to the origin of url alone"),
            VendorOption(
                "submodules", .either(.boolean, .strings), "false, true, or the paths of those that are needed"),
            VendorOption("ssh-key", key, "the key for an ssh url; by default those that ssh finds"),
        ] + VendorOption.network,
        provides: [.worker, .model],
        builtIn: [VendorConfiguration(name: "git", module: "git", provides: [.worker, .model])])
}
