import ArtifactTypes
import ContentStore
public import Provisioning

extension Hive {
    /// How many artifacts there are, and what they take. Bytes are those of the files, not of disk blocks.
    public struct Statistics: Sendable, Encodable {
        public struct Share: Sendable, Encodable {
            public fileprivate(set) var count = 0
            public fileprivate(set) var bytes: Int64 = 0

            fileprivate mutating func add(_ size: Int64) {
                count += 1
                bytes = bytes.addingReportingOverflow(size).partialValue
            }
        }

        /// What is published; a file that two of them have counts for both.
        public private(set) var models = Share()
        public private(set) var workers = Share()
        /// What of that is in a blob which another file has too, and so takes no room.
        public private(set) var sharedBytes: Int64 = 0
        public private(set) var blobs = Share()
        public private(set) var staging = Share()
        public private(set) var sources = Share()
        /// Models and workers by the vendor that they are from.
        public private(set) var vendors: [String: Share] = [:]
        /// Published trees without a readable artifact.json.
        public private(set) var broken = 0

        fileprivate init(_ store: StoreStatistics) {
            blobs = Share(count: store.blobs.count, bytes: store.blobs.bytes)
            staging = Share(count: store.staging.count, bytes: store.staging.bytes)
            sources = Share(count: store.sources.count, bytes: store.sources.bytes)
        }

        fileprivate mutating func add(_ sidecars: (whole: [Sidecar], broken: [BrokenTree]), _ seen: inout Set<Digest>) {
            broken += sidecars.broken.count
            for sidecar in sidecars.whole {
                switch sidecar.kind {
                case .model: models.add(sidecar.size)
                case .worker: workers.add(sidecar.size)
                }
                let vendor = sidecar.resolution["vendor"]?.stringValue ?? ""
                vendors[vendor.isEmpty ? "unknown" : vendor, default: Share()].add(sidecar.size)
                for file in sidecar.files where file.blob && !seen.insert(file.digest).inserted {
                    sharedBytes = sharedBytes.addingReportingOverflow(file.size).partialValue
                }
            }
        }
    }

    /// Counts what is on the disk; the catalogs are not asked.
    public func statistics() async throws(ProvisionError) -> Statistics {
        do {
            var statistics = Statistics(try await store.statistics())
            var seen: Set<Digest> = []
            for kind in ArtifactKind.allCases { statistics.add(try store.sidecars(kind), &seen) }
            return statistics
        } catch {
            throw ProvisionError(hive: error)
        }
    }
}
