public import ArtifactTypes
public import Logging
public import SystemPackage

/// A configured vendor: it turns references into resolutions. The pipeline moves the bytes.
public protocol Provisioner: Sendable {
    /// Which references are this vendor's, as data.
    var forms: [ReferenceForm] { get }
    /// How the hosts of its payload are reached.
    var access: NetworkAccess { get }
    /// The same for one reference: `access`, unless the reference itself names the host, as a URL does.
    func access(for reference: ArtifactReference) -> NetworkAccess

    /// Pins `reference` to an immutable revision and lists its payload; moves none of it.
    ///
    /// Where `context.known` is at the revision that the vendor finds, it may return it as it is.
    func resolve(_ reference: ArtifactReference, in context: ProvisionContext) async throws(ProvisionError)
        -> Resolution

    /// The revision that `reference` is at now, by one small request where the vendor can; lists no payload.
    func revision(of reference: ArtifactReference, in context: ProvisionContext) async throws(ProvisionError) -> String

    /// The reference of what `reference` was at `revision`, one that `resolve` had returned for it.
    func pinned(_ reference: ArtifactReference, at revision: String) -> ArtifactReference

    /// The one spelling of all that name what `reference` names, as far as it is known without asking anybody.
    func canonical(_ reference: ArtifactReference) -> ArtifactReference

    /// Whose `reference` is, as trust tables name it; nil for one that is nobody's.
    func organization(of reference: ArtifactReference) -> String?
}

extension Provisioner {
    public func revision(
        of reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> String {
        try await resolve(reference, in: context).revision
    }

    public func access(for reference: ArtifactReference) -> NetworkAccess { access }

    public func canonical(_ reference: ArtifactReference) -> ArtifactReference { reference }

    /// What stands before the first slash; of a URL, the host.
    public func organization(of reference: ArtifactReference) -> String? { reference.organization }

    /// By the short form's own means. A URL has none.
    public func pinned(_ reference: ArtifactReference, at revision: String) -> ArtifactReference {
        guard !reference.isURL else { return reference }
        var pinned = reference
        pinned.revision = revision
        return pinned
    }
}

extension ArtifactReference {
    fileprivate var organization: String {
        guard isURL else { return String(locator.prefix { $0 != "/" }) }
        let authority = locator.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        return String((authority.split(separator: "@").last ?? "").prefix { $0 != ":" }).lowercased()
    }
}

/// A vendor with a protocol of its own (git). Everyone else's files are fetched by the pipeline.
public protocol FetchingProvisioner: Provisioner {
    /// Whether `fetch` goes on from what an earlier one of the same files, which was cut off, has left in `staging`; else
    /// that is empty.
    var resumes: Bool { get }

    /// Fills `staging` with the payload and returns the resolution as it turned out (tree id, skipped mirrors).
    func fetch(
        _ resolution: Resolution, into staging: StagingArea, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution
}

extension FetchingProvisioner {
    public var resumes: Bool { false }
}

/// A vendor whose files may carry signatures, which can be judged only once the whole file is here.
public protocol SigningProvisioner: Provisioner {
    /// - Parameters:
    ///   - file: what was fetched, with its `signature`.
    ///   - path: where it lies as it came, not unpacked.
    /// - Throws: `.digestMismatch` where nobody who may has signed these very bytes.
    func checkSignature(of file: RemoteFile, at path: FilePath) async throws(ProvisionError)

    /// What is signed may have been signed for another release: an archive's own words are signed with it.
    ///
    /// - Parameters:
    ///   - resolution: what was unpacked, as this vendor resolved it.
    ///   - reference: what was asked for.
    ///   - topFolder: the name of the folder that holds all of the archive.
    /// - Throws: `.untrusted` where that is of another release.
    func checkRelease(
        _ resolution: Resolution, of reference: ArtifactReference, topFolder: String
    ) throws(ProvisionError)
}

extension SigningProvisioner {
    public func checkRelease(
        _ resolution: Resolution, of reference: ArtifactReference, topFolder: String
    ) throws(ProvisionError) {}
}

/// A directory to fill. It has no way to publish.
public struct StagingArea: Sendable {
    public let root: FilePath
    /// Whether it holds what an earlier fetch has left.
    public let isResumed: Bool

    public init(root: FilePath, isResumed: Bool = false) {
        self.root = root
        self.isResumed = isResumed
    }

    public func path(_ relative: RelativePath) -> FilePath {
        root.appending(relative.string)
    }
}

/// What a vendor knows of the job that it works for.
public struct ProvisionContext: Sendable {
    public let job: String
    public let kind: ArtifactKind
    public let platform: HostPlatform
    /// True: no request may be made.
    public let offline: Bool
    /// What the store already holds for this reference, from its sidecar.
    public let known: Resolution?
    /// What the store holds of this vendor's, of whatever reference. Read from the disk at each call.
    public let stored: @Sendable () throws(ProvisionError) -> [Resolution]
    /// Where a recipe named the reference, and not the user: the URLs that the user configured and that led to the recipe.
    /// What is named may be private only if one of them is.
    public let recipeOrigins: [String]?
    public let progress: ProgressSink
    public let logger: Logger

    public init(
        job: String, kind: ArtifactKind, platform: HostPlatform = .current, offline: Bool = false,
        known: Resolution? = nil,
        stored: @escaping @Sendable () throws(ProvisionError) -> [Resolution] = { () throws(ProvisionError) in [] },
        recipeOrigins: [String]? = nil, progress: ProgressSink = ProgressSink { _ in }, logger: Logger
    ) {
        self.stored = stored
        self.recipeOrigins = recipeOrigins
        self.job = job
        self.kind = kind
        self.platform = platform
        self.offline = offline
        self.known = known
        self.progress = progress
        self.logger = logger
    }
}
