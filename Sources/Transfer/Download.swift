public import ArtifactTypes
public import SystemPackage

/// One file to fetch, and what is known of it.
public struct Download: Sendable {
    /// In order of preference: the next one is asked where one fails.
    public var sources: [DownloadSource]
    /// In bytes, where it was published.
    public var size: Int64?
    public var digest: Digest?
    /// False where the digest is the user's own: then it may be wrong as well as the content.
    public var isPublished: Bool
    /// The file that is written. What it holds already is kept where it can be. It stays here after success.
    public var partial: FilePath
    /// A small file beside it that remembers of which version of which source the partial is. Whoever takes the
    /// partial away may remove it.
    public var journal: FilePath
    public var access: TransferAccess
    /// The longest file that is taken where `size` is not known.
    public var maximumBytes: Int64?
    /// Resolves the sources again: asked where they answer 401, 403, 404 or 410 (signed URLs expire).
    public var refresh: (@Sendable () async throws -> [DownloadSource])?
    /// Told of each source that is passed over, as that happens.
    public var passedOver: (@Sendable (SkippedSource) -> Void)?
    /// Told how much of the partial may be read, by the thread that writes it; what lies there already first. It must
    /// not block.
    public var arrival: (@Sendable (Arrival) -> Void)?

    /// What has become of a partial.
    public enum Arrival: Sendable, Hashable {
        /// So many bytes are there from its start; whether they are right is known at the end.
        case reached(Int64)
        /// It was emptied.
        case begunAnew
    }

    public init(
        sources: [DownloadSource], size: Int64? = nil, digest: Digest? = nil, isPublished: Bool = true,
        partial: FilePath, journal: FilePath, access: TransferAccess = TransferAccess(), maximumBytes: Int64? = nil,
        refresh: (@Sendable () async throws -> [DownloadSource])? = nil,
        passedOver: (@Sendable (SkippedSource) -> Void)? = nil,
        arrival: (@Sendable (Arrival) -> Void)? = nil
    ) {
        self.sources = sources
        self.size = size
        self.digest = digest
        self.isPublished = isPublished
        self.partial = partial
        self.journal = journal
        self.access = access
        self.maximumBytes = maximumBytes
        self.refresh = refresh
        self.passedOver = passedOver
        self.arrival = arrival
    }
}

public struct DownloadSource: Sendable, Hashable {
    public var url: String
    /// Sent to the origin of `url` alone.
    public var secretHeaders: [String: Secret]

    public init(url: String, secretHeaders: [String: Secret] = [:]) {
        self.url = url
        self.secretHeaders = secretHeaders
    }
}

/// A file that lies whole and durable at `Download.partial`.
public struct DownloadOutcome: Sendable {
    public var size: Int64
    /// Of the content; computed whatever digest was published.
    public var sha256: Digest
    /// A published digest was matched.
    public var verified: Bool
    /// Payload that crossed the network in this call, in bytes.
    public var fetchedBytes: Int64
    /// The validator of the version that was fetched; nil where no request was needed.
    public var entityTag: String?
    /// Where the last byte came from, without query; nil where no request was needed.
    public var finalURL: String?
    public var skipped: [SkippedSource]
}

/// A source that was passed over, and why.
public struct SkippedSource: Sendable, Hashable {
    /// Without query and user-info.
    public var url: String
    public var reason: TransferError
}
