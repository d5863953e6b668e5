import ArtifactCatalog
import ArtifactTypes

// Written by hand for two reasons: what is absent is written as null, and what an older version did not write has a
// default.

extension ModelEntry: Codable {
    private enum Key: String, CodingKey {
        case id, name, author, source, path, size, status, addedAt, modelType, lastAccessed, config, revision, digest
        case verified, pinned
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        author = try container.decodeIfPresent(String.self, forKey: .author)
        source = try container.decode(ModelSource.self, forKey: .source)
        path = try container.decode(String.self, forKey: .path)
        size = try container.decode(Int64.self, forKey: .size)
        status = try container.decode(ArtifactStatus.self, forKey: .status)
        addedAt = try container.decode(Timestamp.self, forKey: .addedAt)
        modelType = try container.decodeIfPresent(ModelType.self, forKey: .modelType) ?? .llm
        lastAccessed = try container.decodeIfPresent(Timestamp.self, forKey: .lastAccessed)
        config = try container.decodeIfPresent(ModelConfiguration.self, forKey: .config) ?? ModelConfiguration()
        revision = try container.decodeIfPresent(String.self, forKey: .revision)
        digest = try container.decodeIfPresent(Digest.self, forKey: .digest)
        verified = try container.decodeIfPresent(Bool.self, forKey: .verified) ?? false
        pinned = try container.decodeIfPresent(Bool.self, forKey: .pinned) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(author, forKey: .author)
        try container.encode(source, forKey: .source)
        try container.encode(path, forKey: .path)
        try container.encode(size, forKey: .size)
        try container.encode(status, forKey: .status)
        try container.encode(addedAt, forKey: .addedAt)
        try container.encode(modelType, forKey: .modelType)
        try container.encode(lastAccessed, forKey: .lastAccessed)
        try container.encode(config, forKey: .config)
        try container.encode(revision, forKey: .revision)
        try container.encode(digest, forKey: .digest)
        try container.encode(verified, forKey: .verified)
        try container.encode(pinned, forKey: .pinned)
    }
}

extension ModelConfiguration: Codable {
    private enum Key: String, CodingKey {
        case architecture, contextLength, quantization, parameters, license, tags, files, sha, gated, defaults
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        architecture = try container.decodeIfPresent(String.self, forKey: .architecture)
        contextLength = try container.decodeIfPresent(Int64.self, forKey: .contextLength)
        quantization = try container.decodeIfPresent(String.self, forKey: .quantization)
        parameters = try container.decodeIfPresent(Int64.self, forKey: .parameters)
        license = try container.decodeIfPresent(String.self, forKey: .license)
        tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
        files = try container.decodeIfPresent([ModelFile].self, forKey: .files) ?? []
        sha = try container.decodeIfPresent(String.self, forKey: .sha)
        gated = try container.decodeIfPresent(Bool.self, forKey: .gated) ?? false
        defaults = try container.decodeIfPresent(ModelDefaults.self, forKey: .defaults)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(architecture, forKey: .architecture)
        try container.encode(contextLength, forKey: .contextLength)
        try container.encode(quantization, forKey: .quantization)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(license, forKey: .license)
        try container.encode(tags, forKey: .tags)
        try container.encode(files, forKey: .files)
        try container.encode(sha, forKey: .sha)
        try container.encode(gated, forKey: .gated)
        try container.encode(defaults, forKey: .defaults)
    }
}

extension ModelSource: Codable {
    private struct Other: Codable {
        let name: String
        enum CodingKeys: String, CodingKey { case name = "Other" }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = try? container.decode(String.self) else {
            self = .other(try container.decode(Other.self).name)
            return
        }
        switch name {
        case "HuggingFace": self = .huggingFace
        case "CivitAI": self = .civitAI
        case "Local": self = .local
        default:
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "unknown source \"\(name.visiblyEscaped)\"")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .huggingFace: try container.encode("HuggingFace")
        case .civitAI: try container.encode("CivitAI")
        case .local: try container.encode("Local")
        case .other(let name): try container.encode(Other(name: name))
        }
    }
}
