public import ArtifactTypes

/// A vendor that knows which workers there are, and what each is made of. It resolves `NAME[@VERSION]:RECIPE`, the
/// selector as of `OfferedRecipe`, to the PKGBUILD that makes the worker.
public protocol WorkerDirectory: Provisioner {
    /// Whether there is anything that it could ask.
    var isConfigured: Bool { get }

    /// All workers, each version by itself, in the order in which the directory lists them.
    func workers(in context: ProvisionContext) async throws(ProvisionError) -> [OfferedWorker]

    /// The versions of one worker, the one that the directory means first; none where it does not know the worker.
    ///
    /// - Parameter version: the one that is wanted; nil for whichever the directory means.
    func workers(
        named name: String, version: String?, in context: ProvisionContext
    ) async throws(ProvisionError) -> [OfferedWorker]
}

/// One version of a worker that a directory offers.
public struct OfferedWorker: Sendable, Hashable, Encodable {
    /// What it is installed by, and called in the store.
    public var name: String
    public var version: String
    /// For people.
    public var title: String?
    public var summary: String?
    public var license: String?
    public var variants: [Variant]
    public var supportedFormats: [String]
    /// In tokens.
    public var maxContextLength: Int64?
    public var supportsStreaming: Bool
    public var supportsBatching: Bool

    /// The worker for one accelerator.
    public struct Variant: Sendable, Hashable, Encodable {
        public var accelerator: Accelerator
        /// By the names that `OperatingSystem` has; others are systems that are not known here.
        public var platforms: [String]
        public var architectures: [String]
        /// The URL of a PKGBUILD that packages what others have compiled.
        public var prebuilt: String?
        /// The URL of a PKGBUILD that compiles.
        public var source: String?
        /// What its executable is called.
        public var program: String?
        /// Packages that it wants to be built, by the names that PKGBUILDs have for them.
        public var packages: [String]

        public init(
            accelerator: Accelerator, platforms: [String], architectures: [String], prebuilt: String? = nil,
            source: String? = nil, program: String? = nil, packages: [String] = []
        ) {
            self.accelerator = accelerator
            self.platforms = platforms
            self.architectures = architectures
            self.prebuilt = prebuilt
            self.source = source
            self.program = program
            self.packages = packages
        }
    }

    public init(
        name: String, version: String, title: String? = nil, summary: String? = nil, license: String? = nil,
        variants: [Variant], supportedFormats: [String] = [], maxContextLength: Int64? = nil,
        supportsStreaming: Bool = false, supportsBatching: Bool = false
    ) {
        self.name = name
        self.version = version
        self.title = title
        self.summary = summary
        self.license = license
        self.variants = variants
        self.supportedFormats = supportedFormats
        self.maxContextLength = maxContextLength
        self.supportsStreaming = supportsStreaming
        self.supportsBatching = supportsBatching
    }
}

/// Which of a worker's PKGBUILDs is meant: a reference's selector, as `cuda-prebuilt`.
public struct OfferedRecipe: Sendable, Hashable {
    public enum Form: String, Sendable, Hashable, CaseIterable {
        case prebuilt, source
    }

    public let accelerator: Accelerator
    public let form: Form

    public init(_ accelerator: Accelerator, _ form: Form) {
        self.accelerator = accelerator
        self.form = form
    }

    /// Nil for any other text than `selector` gives.
    public init?(selector: String) {
        let words = selector.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let accelerator = Accelerator(rawValue: String(words[0])),
            let form = Form(rawValue: String(words[1]))
        else { return nil }
        self.init(accelerator, form)
    }

    public var selector: String { "\(accelerator.rawValue)-\(form.rawValue)" }
}
