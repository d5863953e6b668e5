import ArtifactTypes
import Processes
import Provisioning
import SystemPackage

/// Looks at the folder that a plug-in fills: tells how far its files are, renews the leash while they grow, and cuts it
/// when they grow too much.
struct FetchWatch: Sendable {
    let folder: FilePath
    let files: [RemoteFile]
    let leash: Leash
    let progress: ProgressSink

    /// What a vendor's tool may need beside the files, as for indexes and parts.
    private static let slack: Int64 = 64 << 20
    /// What a name counts, for files without content fill a disk too; and what the end of a file may take.
    private static let block: Int64 = 4 << 10
    private static let interval = Duration.milliseconds(200)

    /// What may be in the folder; nil where some file's size is not known.
    private var limit: Int64? {
        var total = Self.slack
        for file in files {
            guard let size = file.size else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(size)
            if overflow || sum > .max - 2 * Self.block { return nil }
            total = sum + 2 * Self.block
        }
        return total
    }

    /// Looks until cancelled; at a large tree less often, since each look costs a walk over it.
    func run() async {
        var sizes: [RelativePath: Int64] = [:]
        var taken: Int64 = 0
        var pause = Self.interval
        // A sleep that is cut short is the end of the fetch.
        while (try? await Task.sleep(for: pause)) != nil {
            let start = ContinuousClock.now
            defer { pause = max(Self.interval, min(.seconds(2), (ContinuousClock.now - start) * 20)) }
            let usage = diskUsage(of: [folder], upTo: limit ?? .max, entry: Self.block)
            if let limit, usage > limit {
                leash.cut(
                    ProvisionError(.digestMismatch, "it fetches more than its resolution says (\(ByteCount(limit)))"))
                return
            }
            if usage > taken { leash.renew() }
            taken = max(taken, usage)
            for file in files {
                let path = folder.appending(file.path.string)
                guard let size = try? path.stat(followTargetSymlink: false).size, size != sizes[file.path] else {
                    continue
                }
                sizes[file.path] = size
                progress(.transfer(path: file.path.string, received: size, total: file.size))
            }
        }
    }
}
