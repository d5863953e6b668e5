public import ArtifactTypes
public import Logging
public import Provisioning

/// One run of the pipeline: who it is for, and what the user allowed.
public struct ProvisionJob: Sendable {
    public let id: String
    public let kind: ArtifactKind
    /// True: no request is made.
    public let offline: Bool
    /// True: what is here already is fetched again.
    public let force: Bool
    /// A digest that the user supplied for the artifact's only file.
    public let expected: Digest?
    /// The URLs that led to the recipe which names what is asked for; nil where the user names it.
    public var recipeOrigins: [String]?
    public let progress: ProgressSink
    public let logger: Logger

    public init(
        id: String, kind: ArtifactKind, offline: Bool = false, force: Bool = false, expected: Digest? = nil,
        progress: ProgressSink, logger: Logger
    ) {
        self.id = id
        self.kind = kind
        self.offline = offline
        self.force = force
        self.expected = expected
        self.progress = progress
        self.logger = logger
    }

    /// What a vendor is told of this job.
    public func context(
        known: Resolution?,
        stored: @escaping @Sendable () throws(ProvisionError) -> [Resolution] = { () throws(ProvisionError) in [] }
    ) -> ProvisionContext {
        ProvisionContext(
            job: id, kind: kind, offline: offline, known: known, stored: stored,
            recipeOrigins: recipeOrigins, progress: progress, logger: logger)
    }
}
