/// How a worker is built from a checkout: a `[[worker]]` table of a vendors.d file, as it stands there.
public struct WorkerRecipeTable: Sendable, Hashable, Codable {
    public var name: String
    /// What `worker build VARIANT` means where no worker is named.
    public var isDefault: Bool
    public var variants: [Accelerator]
    /// Where the lines run, relative to the checkout; nil for its root.
    public var directory: RelativePath?
    /// `/bin/sh -ec` lines that run first, with network.
    public var network: [String]
    /// `/bin/sh -ec` lines that run without network, with `variant` and `jobs` in their environment.
    public var build: [String]
    /// The executable, relative to the checkout; `${variant}` is expanded, nothing else.
    public var binary: String
    /// Tools that must be on the machine, by variant; `all` for every variant.
    public var requires: [String: [String]]
    /// Toolchains whose folders the sandbox mounts read-only (`rust`).
    public var toolchains: [String]
    /// Arguments of a first run that must succeed.
    public var smokeTest: [String]

    public init(
        name: String, isDefault: Bool = false, variants: [Accelerator], directory: RelativePath? = nil,
        network: [String] = [], build: [String], binary: String, requires: [String: [String]] = [:],
        toolchains: [String] = [], smokeTest: [String] = []
    ) {
        self.name = name
        self.isDefault = isDefault
        self.variants = variants
        self.directory = directory
        self.network = network
        self.build = build
        self.binary = binary
        self.requires = requires
        self.toolchains = toolchains
        self.smokeTest = smokeTest
    }
}
