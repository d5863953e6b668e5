import ArtifactTypes

// The wire form, one for `--dry-run --json`, plug-ins and sidecars. Secret headers are read and never written.

extension Resolution: Codable {
    private enum Key: String, CodingKey {
        case reference, vendor, kind, revision, files, git, listing, metadata
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        reference = try container.decode(ArtifactReference.self, forKey: .reference)
        vendor = try container.decode(String.self, forKey: .vendor)
        kind = try container.decodeIfPresent(ArtifactKind.self, forKey: .kind) ?? .model
        revision = try container.decode(String.self, forKey: .revision)
        metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata) ?? Metadata()
        if let git = try container.decodeIfPresent(GitPayload.self, forKey: .git) {
            payload = .git(git)
        } else {
            let listing = try container.decodeIfPresent(Listing.self, forKey: .listing) ?? .repository
            payload = .files(try container.decode([RemoteFile].self, forKey: .files), listing: listing)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(reference, forKey: .reference)
        try container.encode(vendor, forKey: .vendor)
        try container.encode(kind, forKey: .kind)
        try container.encode(revision, forKey: .revision)
        switch payload {
        case .git(let git):
            try container.encode(git, forKey: .git)
        case .files(let files, let listing):
            try container.encode(files, forKey: .files)
            try container.encode(listing, forKey: .listing)
        }
        try container.encode(metadata, forKey: .metadata)
    }
}

extension Resolution.Metadata {
    private enum Key: String, CodingKey {
        case license, tags, gated, skipped, unverified, published, defaults
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        license = try container.decodeIfPresent(String.self, forKey: .license)
        tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
        gated = try container.decodeIfPresent(Bool.self, forKey: .gated) ?? false
        skipped = try container.decodeIfPresent([SkippedSource].self, forKey: .skipped) ?? []
        unverified = try container.decodeIfPresent(Bool.self, forKey: .unverified) ?? false
        published = try container.decodeIfPresent(String.self, forKey: .published)
        defaults = try container.decodeIfPresent(ModelDefaults.self, forKey: .defaults)
    }
}

extension RemoteFile: Codable {
    private enum Key: String, CodingKey {
        case path, size, digest, urls, headers, unpack, signature
    }

    /// A plug-in's `headers` go to the origin of its first URL.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        path = try container.decode(RelativePath.self, forKey: .path)
        size = try container.decodeIfPresent(Int64.self, forKey: .size)
        if let size, size < 0 {
            throw DecodingError.dataCorruptedError(forKey: .size, in: container, debugDescription: "negative size")
        }
        digest = try container.decodeIfPresent(Digest.self, forKey: .digest)
        let urls = try container.decode([String].self, forKey: .urls)
        let headers = try container.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        sources = urls.enumerated().map { index, url in
            RemoteSource(url: url, headers: index == 0 ? headers.mapValues { Secret($0) } : [:])
        }
        unpack = try container.decodeIfPresent(Unpack.self, forKey: .unpack) ?? .none
        signature = try container.decodeIfPresent(String.self, forKey: .signature)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(path, forKey: .path)
        try container.encode(size, forKey: .size)
        try container.encode(digest, forKey: .digest)
        try container.encode(sources.map(\.url), forKey: .urls)
        try container.encode([String: String](), forKey: .headers)
        try container.encode(unpack, forKey: .unpack)
        try container.encodeIfPresent(signature, forKey: .signature)
    }
}

extension Unpack: Codable {
    private struct Archive: Codable {
        struct Options: Codable { var strip: Int? }
        var archive: Options
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            switch name {
            case "none": self = .none
            case "single": self = .single
            default:
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "unknown unpack \"\(name)\"")
            }
        } else {
            let strip = try container.decode(Archive.self).archive.strip
            if let strip, !(0...16).contains(strip) {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "strip is not in 0...16")
            }
            self = .archive(strip: strip)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encode("none")
        case .single: try container.encode("single")
        case .archive(let strip): try container.encode(Archive(archive: .init(strip: strip)))
        }
    }
}
