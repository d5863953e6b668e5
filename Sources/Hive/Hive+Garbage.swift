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
            /// What its removal frees; of a model or worker that is the blobs too which are listed as its own.
            public let bytes: Int64
            /// Of a blob, the model or worker whose removal frees it; nil for one that nothing used.
            public var artifact: String?
        }

        public let items: [Item]
        /// Trees that cannot be read; what they may use was kept.
        public let broken: [String]
        /// What all of it frees; each blob counts once.
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
            let builds = try workerProvisioner.removeRemains(dryRun: request.dryRun)
            let freed: [Int64] = [report.freedBytes] + retired.map(\.ownBytes) + builds.map(\.bytes)
            let freedBytes = freed.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
            return Garbage(
                items: Self.items(report, retired)
                    + builds.map { .init(kind: "build", name: $0.name, bytes: $0.bytes) },
                broken: report.broken.map { "\($0.path): \($0.error)" }, freedBytes: freedBytes)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// The artifacts, each with what its removal has freed, and what the store has collected.
    private static func items(_ report: GarbageReport, _ retired: [Retirement]) -> [Garbage.Item] {
        // What several of them had is freed as the last one goes.
        var owners: [String: StoreItem] = [:]
        for artifact in retired {
            for digest in artifact.blobs { owners[digest.description] = artifact.item }
        }
        var freed: [StoreItem: Int64] = [:]
        let collected = report.items.map { item in
            let owner = item.kind == .blob ? owners[item.name] : nil
            if let owner { freed[owner, default: 0] += item.bytes }
            return Garbage.Item(kind: item.kind.rawValue, name: item.name, bytes: item.bytes, artifact: owner?.id)
        }
        let artifacts = retired.map { artifact in
            Garbage.Item(
                kind: artifact.item.kind.rawValue, name: artifact.item.id,
                bytes: artifact.ownBytes + (freed[artifact.item] ?? 0))
        }
        return artifacts + collected
    }
}
