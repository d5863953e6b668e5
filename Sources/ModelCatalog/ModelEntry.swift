public import ArtifactCatalog
public import ArtifactTypes

/// A model that is here: `model show --json` prints it.
public struct ModelEntry: Artifact, Hashable {
    public static let kind = ArtifactKind.model

    /// The canonical reference.
    public var id: String
    public var name: String
    public var author: String?
    public var source: ModelSource
    /// What `model path` prints: the one file to load, else the folder.
    public var path: String
    /// In bytes.
    public var size: Int64
    public var status: ArtifactStatus
    public var addedAt: Timestamp
    public var modelType: ModelType
    public var lastAccessed: Timestamp?
    public var config: ModelConfiguration
    /// The immutable revision.
    public var revision: String?
    /// Of the file at `path`, where that is a file.
    public var digest: Digest?
    /// Whether something that the vendor published vouches for every byte.
    public var verified: Bool
    /// Whether the garbage collector's policies leave it alone. The store's pin is the truth; this is its copy.
    public var pinned: Bool

    public init(
        id: String, name: String, author: String? = nil, source: ModelSource, path: String, size: Int64,
        status: ArtifactStatus = .available, addedAt: Timestamp = .now, modelType: ModelType = .llm,
        lastAccessed: Timestamp? = nil, config: ModelConfiguration = ModelConfiguration(), revision: String? = nil,
        digest: Digest? = nil, verified: Bool = false, pinned: Bool = false
    ) {
        self.id = id
        self.name = name
        self.author = author
        self.source = source
        self.path = path
        self.size = size
        self.status = status
        self.addedAt = addedAt
        self.modelType = modelType
        self.lastAccessed = lastAccessed
        self.config = config
        self.revision = revision
        self.digest = digest
        self.verified = verified
        self.pinned = pinned
    }
}

extension ModelEntry {
    /// As `llama Q4_K_M`, with `(pinned)` where it is.
    public var detail: String? {
        let words = [config.architecture, config.quantization, pinned ? "(pinned)" : nil].compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: " ")
    }
}

/// What a model is for.
public enum ModelType: String, Sendable, Hashable, Codable, CaseIterable {
    case llm = "Llm"
    case image = "Image"
    case audio = "Audio"
    case video = "Video"
}

/// Where a model comes from: in JSON a name, or `{"Other":name}`.
public enum ModelSource: Sendable, Hashable {
    case huggingFace
    case civitAI
    case local
    case other(String)
}

/// What a model's header and its hub say of it.
public struct ModelConfiguration: Sendable, Hashable {
    /// As `llama`.
    public var architecture: String?
    /// In tokens.
    public var contextLength: Int64?
    /// As `Q4_K_M`.
    public var quantization: String?
    /// How many parameters.
    public var parameters: Int64?
    public var license: String?
    public var tags: [String]
    public var files: [ModelFile]
    /// The hub's commit.
    public var sha: String?
    public var gated: Bool
    /// How it is to be run, where its publisher says so.
    public var defaults: ModelDefaults?

    public init(
        architecture: String? = nil, contextLength: Int64? = nil, quantization: String? = nil,
        parameters: Int64? = nil, license: String? = nil, tags: [String] = [], files: [ModelFile] = [],
        sha: String? = nil, gated: Bool = false, defaults: ModelDefaults? = nil
    ) {
        self.architecture = architecture
        self.contextLength = contextLength
        self.quantization = quantization
        self.parameters = parameters
        self.license = license
        self.tags = tags
        self.files = files
        self.sha = sha
        self.gated = gated
        self.defaults = defaults
    }
}

/// One file of a model.
public struct ModelFile: Sendable, Hashable, Codable {
    public var path: RelativePath
    /// In bytes.
    public var size: Int64
    public var digest: Digest

    public init(path: RelativePath, size: Int64, digest: Digest) {
        self.path = path
        self.size = size
        self.digest = digest
    }
}
