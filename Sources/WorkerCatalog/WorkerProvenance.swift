public import ArtifactTypes

/// How a worker came to be: enough to make it again, and to say what vouches for it.
public struct WorkerProvenance: Sendable, Hashable {
    /// The primary repository or archive, without secrets; an archive with the digest that pins it, where its URL takes one.
    public var repository: String?
    /// The mirror that delivered, where that was not the repository.
    public var mirror: String?
    public var commit: String?
    /// The commit's tree.
    public var tree: String?
    /// Of the recipe that was built.
    public var recipe: Digest?
    public var variant: Accelerator?
    /// Tools and their versions.
    public var toolchain: [String: String]
    /// The variables by which a compiler's output was decided.
    public var flags: [String: String]
    /// The version of the package that a PKGBUILD made.
    public var package: String?
    /// What a PKGBUILD had beside the checkout.
    public var sources: [WorkerSource]
    public var sandboxed: Bool
    /// True where nothing published vouches for what was fetched.
    public var unverified: Bool
    public var skipped: [SkippedMirror]
    /// How long the build took.
    public var seconds: Double?
    /// What `worker install` was told beside the reference and the name, as it is to be told again.
    public var options: [String]
    /// True where it came in an export, made on another machine.
    public var imported: Bool

    public init(
        repository: String? = nil, mirror: String? = nil, commit: String? = nil, tree: String? = nil,
        recipe: Digest? = nil, variant: Accelerator? = nil, toolchain: [String: String] = [:],
        flags: [String: String] = [:], package: String? = nil, sources: [WorkerSource] = [], sandboxed: Bool = false,
        unverified: Bool = false, skipped: [SkippedMirror] = [], seconds: Double? = nil,
        options: [String] = [], imported: Bool = false
    ) {
        self.repository = repository
        self.mirror = mirror
        self.commit = commit
        self.tree = tree
        self.recipe = recipe
        self.variant = variant
        self.toolchain = toolchain
        self.flags = flags
        self.package = package
        self.sources = sources
        self.sandboxed = sandboxed
        self.unverified = unverified
        self.skipped = skipped
        self.seconds = seconds
        self.options = options
        self.imported = imported
    }
}

/// A mirror that was passed over, and why.
public struct SkippedMirror: Sendable, Hashable, Codable {
    public var url: String
    public var reason: String

    public init(url: String, reason: String) {
        self.url = url
        self.reason = reason
    }
}

/// A source that a recipe named beside its repository.
public struct WorkerSource: Sendable, Hashable, Codable {
    /// As the build saw it.
    public var name: String
    /// As the recipe has it, without a query.
    public var reference: String
    /// The commit or digest; nil where the recipe vouches for none.
    public var revision: String?
    /// The mirror that delivered, where that was not the repository.
    public var mirror: String?

    public init(name: String, reference: String, revision: String?, mirror: String?) {
        self.name = name
        self.reference = reference
        self.revision = revision
        self.mirror = mirror
    }
}
