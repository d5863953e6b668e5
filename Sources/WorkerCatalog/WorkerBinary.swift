public import ArtifactCatalog
public import ArtifactTypes

/// A worker that is here: `worker show --json` prints it.
public struct WorkerBinary: Artifact, Hashable {
    public static let kind = ArtifactKind.worker

    /// `name-variant-version-platform`, the variant with its toolkit's version where that is known.
    public var id: String
    public var name: String
    public var workerType: Accelerator
    /// The version of the accelerator's toolkit that the worker was made for, as `12.4`, where its archive's name told it.
    public var toolkit: String?
    public var platform: OperatingSystem
    /// The executable.
    public var path: String
    /// In bytes.
    public var size: Int64
    public var status: ArtifactStatus
    public var version: String
    public var addedAt: Timestamp
    public var lastAccessed: Timestamp?
    public var supportedArchitectures: [String]
    public var supportedFormats: [String]
    /// In tokens.
    public var maxContextLength: Int64?
    public var supportsStreaming: Bool
    public var supportsBatching: Bool
    /// Whether what it was made from is what someone vouches for: a published digest, a pinned commit.
    public var verified: Bool
    /// Of the executable.
    public var digest: Digest?
    public var provenance: WorkerProvenance?

    public init(
        id: String, name: String, workerType: Accelerator, toolkit: String? = nil, platform: OperatingSystem,
        path: String, size: Int64, status: ArtifactStatus = .available, version: String, addedAt: Timestamp = .now,
        lastAccessed: Timestamp? = nil, supportedArchitectures: [String] = [], supportedFormats: [String] = [],
        maxContextLength: Int64? = nil, supportsStreaming: Bool = false, supportsBatching: Bool = false,
        verified: Bool = false, digest: Digest? = nil, provenance: WorkerProvenance? = nil
    ) {
        self.id = id
        self.name = name
        self.workerType = workerType
        self.toolkit = toolkit
        self.platform = platform
        self.path = path
        self.size = size
        self.status = status
        self.version = version
        self.addedAt = addedAt
        self.lastAccessed = lastAccessed
        self.supportedArchitectures = supportedArchitectures
        self.supportedFormats = supportedFormats
        self.maxContextLength = maxContextLength
        self.supportsStreaming = supportsStreaming
        self.supportsBatching = supportsBatching
        self.verified = verified
        self.digest = digest
        self.provenance = provenance
    }
}

extension WorkerBinary {
    /// The variant as the id has it: `cuda`, or `cuda12.4`.
    public var variant: String { workerType.rawValue + (toolkit ?? "") }
    /// As `cuda 0.1.0 linux`.
    public var detail: String? { "\(variant) \(version) \(platform.rawValue)" }
}
