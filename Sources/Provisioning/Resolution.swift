public import ArtifactTypes

/// What a vendor makes of a reference: the revision it is pinned to, and where its payload lies. No payload has moved.
public struct Resolution: Sendable, Hashable {
    /// The reference, with whatever the vendor made canonical.
    public var reference: ArtifactReference
    /// The configured vendor's name.
    public var vendor: String
    public var kind: ArtifactKind
    /// The immutable revision: a commit id, a manifest digest, an archive's digest.
    public var revision: String
    public var payload: Payload
    public var metadata: Metadata

    public enum Payload: Sendable, Hashable {
        case files([RemoteFile], listing: Listing)
        case git(GitPayload)
    }

    /// Whether the files are all that the repository has, to be selected from, or exactly what is to be fetched.
    public enum Listing: String, Sendable, Hashable, Codable {
        case repository
        case exact
    }

    public struct Metadata: Sendable, Hashable, Codable {
        public var license: String?
        public var tags: [String]
        public var gated: Bool
        /// Mirrors that were asked and not used.
        public var skipped: [SkippedSource]
        /// True where nothing published vouches for the revision.
        public var unverified: Bool
        /// When it was published, where the vendor says so: RFC 3339 in UTC, so that texts order as times do.
        public var published: String?
        /// How a model is to be run, where its vendor says so.
        public var defaults: ModelDefaults?

        public init(
            license: String? = nil, tags: [String] = [], gated: Bool = false, skipped: [SkippedSource] = [],
            unverified: Bool = false, published: String? = nil, defaults: ModelDefaults? = nil
        ) {
            self.published = published
            self.license = license
            self.tags = tags
            self.gated = gated
            self.skipped = skipped
            self.unverified = unverified
            self.defaults = defaults
        }
    }

    public init(
        reference: ArtifactReference, vendor: String, kind: ArtifactKind, revision: String, payload: Payload,
        metadata: Metadata = Metadata()
    ) {
        self.reference = reference
        self.vendor = vendor
        self.kind = kind
        self.revision = revision
        self.payload = payload
        self.metadata = metadata
    }

    /// The files of a payload that has files, else none.
    public var files: [RemoteFile] { if case .files(let files, _) = payload { files } else { [] } }
    public var git: GitPayload? { if case .git(let git) = payload { git } else { nil } }
}

/// A mirror that was passed over, and why.
public struct SkippedSource: Sendable, Hashable, Codable {
    public var url: String
    public var reason: String

    public init(url: String, reason: String) {
        self.url = url
        self.reason = reason
    }
}

/// One file of a payload.
public struct RemoteFile: Sendable, Hashable {
    public var path: RelativePath
    /// In bytes; nil where the vendor does not know.
    public var size: Int64?
    public var digest: Digest?
    /// Where it can be had, in order of preference.
    public var sources: [RemoteSource]
    public var unpack: Unpack
    /// Of all its content as it is fetched; the vendor judges it (`SigningProvisioner`).
    public var signature: String?

    public init(
        path: RelativePath, size: Int64?, digest: Digest?, sources: [RemoteSource], unpack: Unpack = .none,
        signature: String? = nil
    ) {
        self.signature = signature
        self.path = path
        self.size = size
        self.digest = digest
        self.sources = sources
        self.unpack = unpack
    }
}

extension RemoteFile {
    /// Whether anything published says what its content is to be.
    public var isVouchedFor: Bool { digest != nil || signature != nil }
}

extension Sequence<RemoteFile> {
    /// The sizes of those that say one, together, in bytes; as much as can be said where that is more.
    public var knownSize: Int64 {
        reduce(0) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(file.size ?? 0)
            return overflow ? .max : next
        }
    }
}

/// A URL and the secret headers that go to its origin alone; a redirect to another origin loses them.
public struct RemoteSource: Sendable, Hashable {
    public var url: String
    public var headers: [String: Secret]

    public init(url: String, headers: [String: Secret] = [:]) {
        self.url = url
        self.headers = headers
    }
}

/// What becomes of a file once it is here.
public enum Unpack: Sendable, Hashable {
    case none
    /// One compressed file.
    case single
    /// An archive whose first `strip` path components are taken off; `nil` takes a single top folder off, if there is one.
    case archive(strip: Int?)
}

/// A commit to be fetched by the git vendor itself.
public struct GitPayload: Sendable, Hashable, Codable {
    public var url: String
    /// The full name of the ref that was asked for, as `refs/heads/main`; nil for a bare commit.
    public var ref: String?
    public var commit: String
    /// Known once the commit is here.
    public var tree: String?
    /// Submodule paths that are fetched too; empty for none, `["*"]` for all.
    public var submodules: [String]
    /// The tag that points at exactly this commit, if one was seen.
    public var tag: String?
    /// Where the commit came from, if it was a mirror and not `url` itself.
    public var mirror: String?

    public init(
        url: String, ref: String?, commit: String, tree: String? = nil, submodules: [String] = [], tag: String? = nil,
        mirror: String? = nil
    ) {
        self.url = url
        self.ref = ref
        self.commit = commit
        self.tree = tree
        self.submodules = submodules
        self.tag = tag
        self.mirror = mirror
    }
}

extension Resolution {
    /// As it is kept: where a file is by a signed URL, its vendor is asked anew.
    public var withoutSecrets: Resolution {
        guard case .files(var files, let listing) = payload else { return self }
        for index in files.indices {
            for source in files[index].sources.indices {
                let url = files[index].sources[source].url
                files[index].sources[source].url = URLSecrets.removed(from: url)
            }
        }
        var resolution = self
        resolution.payload = .files(files, listing: listing)
        return resolution
    }
}
