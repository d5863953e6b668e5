import ArtifactTypes
import SystemPackage

/// How much of what a store holds.
public struct StoreStatistics: Sendable, Hashable {
    public struct Share: Sendable, Hashable {
        public internal(set) var count = 0
        public internal(set) var bytes: Int64 = 0

        mutating func add(_ size: Int64) {
            count += 1
            bytes = bytes.addingReportingOverflow(size).partialValue
        }
    }

    /// Each once, however many trees link to it.
    public internal(set) var blobs = Share()
    /// Files of unfinished downloads and trees in the making.
    public internal(set) var staging = Share()
    /// Files of kept git mirrors.
    public internal(set) var sources = Share()
}

extension ContentStore {
    /// Counts what is on the disk beside the published trees.
    public func statistics() async throws(StoreError) -> StoreStatistics {
        try await offPool { cancellation throws(StoreError) in
            func share(_ folder: String) throws(StoreError) -> StoreStatistics.Share {
                var share = StoreStatistics.Share()
                var queue = [self.root.appending(folder)]
                while let next = queue.popLast() {
                    try cancellation.check()
                    guard let status = FileSystem.status(next) else { continue }
                    switch status.type {
                    case .directory: queue += try FileSystem.names(in: next).map(next.appending)
                    default: share.add(status.size)
                    }
                }
                return share
            }
            var statistics = StoreStatistics()
            statistics.blobs = try share("blobs")
            statistics.staging = try share("staging")
            statistics.sources = try share("sources")
            return statistics
        }
    }
}
