/// How a worker is built from a checkout: a `[[worker]]` table of a vendors.d file, as it stands there.
public struct WorkerRecipeTable: Sendable, Hashable, Codable {
    public var name: String
    /// What `worker build VARIANT` means where no worker is named.
    public var isDefault: Bool
    public var variants: [Accelerator]
    /// Where the lines run, relative to the checkout; nil for its root.
    public var directory: RelativePath?
    /// `/bin/sh -ec` lines that run first, with network; of a PKGBUILD the names of the functions that have it.
    public var network: [String]
    /// `/bin/sh -ec` lines that run without network, with `variant` and `jobs` in their environment.
    public var build: [String]
    /// Instead of `build`: the PKGBUILD's path in the checkout, or its URL.
    public var pkgbuild: String?
    /// The executable, relative to the checkout, or to what a PKGBUILD packages; `${variant}` is expanded, nothing
    /// else. Empty where a PKGBUILD's is to be looked for.
    public var binary: String
    /// Tools that must be on the machine, by variant; `all` for every variant.
    public var requires: [String: [String]]
    /// Toolchains whose folders the sandbox mounts read-only (`rust`).
    public var toolchains: [String]
    /// Caches that outlive a build, by name (`cargo`, `ccache`): `private` or `read-only`.
    public var caches: [String: String]
    /// Arguments of a first run that must succeed.
    public var smokeTest: [String]

    public init(
        name: String, isDefault: Bool = false, variants: [Accelerator], directory: RelativePath? = nil,
        network: [String] = [], build: [String], pkgbuild: String? = nil, binary: String,
        requires: [String: [String]] = [:], toolchains: [String] = [], caches: [String: String] = [:],
        smokeTest: [String] = []
    ) {
        self.name = name
        self.isDefault = isDefault
        self.variants = variants
        self.directory = directory
        self.network = network
        self.build = build
        self.pkgbuild = pkgbuild
        self.binary = binary
        self.requires = requires
        self.toolchains = toolchains
        self.caches = caches
        self.smokeTest = smokeTest
    }
}
