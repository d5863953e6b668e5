import ArtifactTypes
import SystemPackage

/// How much of what a store holds.
public struct StoreStatistics: Sendable, Hashable {
    public struct Share: Sendable, Hashable {
        public internal(set) var count = 0
        public internal(set) var bytes: Int64 = 0

        static func + (one: Share, other: Share) -> Share {
            Share(count: one.count + other.count, bytes: one.bytes.addingReportingOverflow(other.bytes).partialValue)
        }
    }

    /// Each once, however many trees link to it.
    public internal(set) var blobs = Share()
    /// Unfinished downloads and trees in the making.
    public internal(set) var staging = Share()
    /// Kept git mirrors, and workers' build caches.
    public internal(set) var sources = Share()
}

extension ContentStore {
    /// Counts what is on the disk beside the published trees.
    public func statistics() async throws(StoreError) -> StoreStatistics {
        try await offPool { cancellation throws(StoreError) in
            var statistics = StoreStatistics()
            for folder in try FileSystem.names(in: self.root.appending("blobs/sha256")) {
                let blobs = self.root.appending("blobs/sha256").appending(folder)
                statistics.blobs =
                    statistics.blobs + (try Self.share(of: blobs, cancellation) { $0.extension != "part" })
            }
            let partials = try Self.share(of: self.partials, cancellation) { $0.extension == "part" }
            statistics.staging = try partials + Self.share(of: self.stagedTrees, cancellation)
            statistics.sources = try Self.share(of: self.sources, cancellation)
            return statistics
        }
    }

    /// How many there are in a folder, by name, and the bytes of all files in and below it.
    private static func share(
        of folder: FilePath, _ cancellation: Cancellation, where isCounted: (FilePath.Component) -> Bool = { _ in true }
    ) throws(StoreError) -> StoreStatistics.Share {
        let names = try FileSystem.names(in: folder)
        var share = StoreStatistics.Share(count: names.count(where: isCounted))
        var queue = names.map { folder.appending($0) }
        while let next = queue.popLast() {
            try cancellation.check()
            guard let status = FileSystem.status(next) else { continue }
            switch status.type {
            case .directory: queue += try FileSystem.names(in: next).map(next.appending)
            default: share.bytes = share.bytes.addingReportingOverflow(status.size).partialValue
            }
        }
        return share
    }
}
