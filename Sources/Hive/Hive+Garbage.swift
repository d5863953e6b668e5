import ContentStore
public import Provisioning
import SystemPackage

extension Hive {
    /// What a collection removed, or would remove.
    public struct Garbage: Sendable, Encodable {
        public struct Item: Sendable, Encodable {
            /// `blob`, `partial`, `tree` or `source`.
            public let kind: String
            public let name: String
            /// What its removal frees.
            public let bytes: Int64
        }

        public let items: [Item]
        /// Trees that cannot be read; what they may use was kept.
        public let broken: [String]
        public let freedBytes: Int64
    }

    /// Removes what nothing uses any more: blobs, staging that no running job holds, kept git mirrors.
    public func collectGarbage(dryRun: Bool) async throws(ProvisionError) -> Garbage {
        do {
            let report = try await store.collectGarbage(GarbagePolicy(dryRun: dryRun))
            return Garbage(
                items: report.items.map { Garbage.Item(kind: $0.kind.rawValue, name: $0.name, bytes: $0.bytes) },
                broken: report.broken.map { "\($0.path): \($0.error)" }, freedBytes: report.freedBytes)
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
