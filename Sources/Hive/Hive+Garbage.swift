import ArtifactCatalog
public import ArtifactTypes
import ContentStore
public import Provisioning
import SystemPackage
import WorkerProvisioner

extension Hive {
    /// What a collection may take beyond what nothing uses.
    public struct GarbageRequest: Sendable {
        /// List what would go, and remove nothing.
        public var dryRun: Bool
        /// Models and workers go that were not used for so long; kept git mirrors too.
        public var olderThan: Duration?
        /// The least recently used models go until the blobs take no more than this.
        public var maximumSize: ByteCount?

        public init(dryRun: Bool = false, olderThan: Duration? = nil, maximumSize: ByteCount? = nil) {
            self.dryRun = dryRun
            self.olderThan = olderThan
            self.maximumSize = maximumSize
        }
    }

    /// What a collection removed, or would remove.
    public struct Garbage: Sendable, Encodable {
        public struct Item: Sendable, Encodable {
            /// `model`, `worker`, `blob`, `partial`, `tree`, `source` or `build`.
            public let kind: String
            public let name: String
            /// What its removal frees; 0 for a model, whose blobs are listed.
            public let bytes: Int64
        }

        public let items: [Item]
        /// Trees that cannot be read; what they may use was kept.
        public let broken: [String]
        public let freedBytes: Int64
    }

    /// Removes what nothing uses any more: blobs, staging that no running job holds, kept git mirrors; and, if asked to,
    /// what was not used for long, and what is too much. What a running job is at work on and what is pinned stays.
    public func collectGarbage(_ request: GarbageRequest) async throws(ProvisionError) -> Garbage {
        do {
            var policy = GarbagePolicy(dryRun: request.dryRun)
            var retired: [Retirement] = []
            if let age = request.olderThan {
                policy.sourcesUnusedFor = age
                let milliseconds = age.components.seconds * 1000
                let time = Timestamp(milliseconds: Timestamp.now.milliseconds - milliseconds)
                retired += try await retire(unusedSince: time, dryRun: request.dryRun)
            }
            if let limit = request.maximumSize?.bytes {
                let gone = Set(retired.map(\.item))
                retired += try await retire(toFit: limit, gone: gone, dryRun: request.dryRun)
            }
            policy.disregarded = Set(retired.map(\.item))
            let report = try await store.collectGarbage(policy)
            let artifacts = retired.map { retired in
                Garbage.Item(
                    kind: retired.item.kind.rawValue, name: retired.item.id,
                    // A worker's files are in its tree alone.
                    bytes: retired.item.kind == .worker ? retired.bytes : 0)
            }
            let builds = try workerProvisioner.removeRemains(dryRun: request.dryRun)
            let items =
                report.items.map { Garbage.Item(kind: $0.kind.rawValue, name: $0.name, bytes: $0.bytes) }
                + builds.map { Garbage.Item(kind: "build", name: $0.name, bytes: $0.bytes) }
            return Garbage(
                items: artifacts + items, broken: report.broken.map { "\($0.path): \($0.error)" },
                freedBytes: (artifacts + items).reduce(0) { $0.addingReportingOverflow($1.bytes).partialValue })
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
