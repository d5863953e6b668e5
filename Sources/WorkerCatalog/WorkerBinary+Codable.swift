import ArtifactCatalog
import ArtifactTypes

// Written by hand for two reasons: what is absent is written as null, and what an older version did not write has a
// default.

extension WorkerBinary: Codable {
    private enum Key: String, CodingKey {
        case id, name, workerType, toolkit, platform, path, size, status, version, addedAt, lastAccessed
        case supportedArchitectures, supportedFormats, maxContextLength, supportsStreaming, supportsBatching
        case verified, digest, provenance
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        workerType = try container.decode(Accelerator.self, forKey: .workerType)
        toolkit = try container.decodeIfPresent(String.self, forKey: .toolkit)
        platform = try container.decode(OperatingSystem.self, forKey: .platform)
        path = try container.decode(String.self, forKey: .path)
        size = try container.decode(Int64.self, forKey: .size)
        status = try container.decode(ArtifactStatus.self, forKey: .status)
        version = try container.decode(String.self, forKey: .version)
        addedAt = try container.decode(Timestamp.self, forKey: .addedAt)
        lastAccessed = try container.decodeIfPresent(Timestamp.self, forKey: .lastAccessed)
        supportedArchitectures = try container.decodeIfPresent([String].self, forKey: .supportedArchitectures) ?? []
        supportedFormats = try container.decodeIfPresent([String].self, forKey: .supportedFormats) ?? []
        maxContextLength = try container.decodeIfPresent(Int64.self, forKey: .maxContextLength)
        supportsStreaming = try container.decodeIfPresent(Bool.self, forKey: .supportsStreaming) ?? false
        supportsBatching = try container.decodeIfPresent(Bool.self, forKey: .supportsBatching) ?? false
        verified = try container.decodeIfPresent(Bool.self, forKey: .verified) ?? false
        digest = try container.decodeIfPresent(Digest.self, forKey: .digest)
        provenance = try container.decodeIfPresent(WorkerProvenance.self, forKey: .provenance)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(workerType, forKey: .workerType)
        try container.encode(toolkit, forKey: .toolkit)
        try container.encode(platform, forKey: .platform)
        try container.encode(path, forKey: .path)
        try container.encode(size, forKey: .size)
        try container.encode(status, forKey: .status)
        try container.encode(version, forKey: .version)
        try container.encode(addedAt, forKey: .addedAt)
        try container.encode(lastAccessed, forKey: .lastAccessed)
        try container.encode(supportedArchitectures, forKey: .supportedArchitectures)
        try container.encode(supportedFormats, forKey: .supportedFormats)
        try container.encode(maxContextLength, forKey: .maxContextLength)
        try container.encode(supportsStreaming, forKey: .supportsStreaming)
        try container.encode(supportsBatching, forKey: .supportsBatching)
        try container.encode(verified, forKey: .verified)
        try container.encode(digest, forKey: .digest)
        try container.encode(provenance, forKey: .provenance)
    }
}

extension WorkerProvenance: Codable {
    private enum Key: String, CodingKey {
        case repository, mirror, commit, tree, recipe, variant, toolchain, sandboxed, unverified, skipped
        case flags, package, sources, seconds, options, imported
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        repository = try container.decodeIfPresent(String.self, forKey: .repository)
        mirror = try container.decodeIfPresent(String.self, forKey: .mirror)
        commit = try container.decodeIfPresent(String.self, forKey: .commit)
        tree = try container.decodeIfPresent(String.self, forKey: .tree)
        recipe = try container.decodeIfPresent(Digest.self, forKey: .recipe)
        variant = try container.decodeIfPresent(Accelerator.self, forKey: .variant)
        toolchain = try container.decodeIfPresent([String: String].self, forKey: .toolchain) ?? [:]
        flags = try container.decodeIfPresent([String: String].self, forKey: .flags) ?? [:]
        package = try container.decodeIfPresent(String.self, forKey: .package)
        sources = try container.decodeIfPresent([WorkerSource].self, forKey: .sources) ?? []
        sandboxed = try container.decodeIfPresent(Bool.self, forKey: .sandboxed) ?? false
        unverified = try container.decodeIfPresent(Bool.self, forKey: .unverified) ?? false
        skipped = try container.decodeIfPresent([SkippedMirror].self, forKey: .skipped) ?? []
        seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
        options = try container.decodeIfPresent([String].self, forKey: .options) ?? []
        imported = try container.decodeIfPresent(Bool.self, forKey: .imported) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(repository, forKey: .repository)
        try container.encode(mirror, forKey: .mirror)
        try container.encode(commit, forKey: .commit)
        try container.encode(tree, forKey: .tree)
        try container.encode(recipe, forKey: .recipe)
        try container.encode(variant, forKey: .variant)
        try container.encode(toolchain, forKey: .toolchain)
        try container.encode(flags, forKey: .flags)
        try container.encode(package, forKey: .package)
        try container.encode(sources, forKey: .sources)
        try container.encode(sandboxed, forKey: .sandboxed)
        try container.encode(unverified, forKey: .unverified)
        try container.encode(skipped, forKey: .skipped)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(options, forKey: .options)
        try container.encode(imported, forKey: .imported)
    }
}
