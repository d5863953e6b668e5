import ArtifactTypes
import Processes
import Provisioning
import SystemPackage

/// Looks at the folder that a plug-in fills: tells how far its files are, renews the leash while they grow, and cuts it
/// when they grow too much.
struct FetchWatch: Sendable {
    let folder: FilePath
    let resolution: Resolution
    /// The vendor's, whose trust table tells how large files may be whose sizes are not known.
    let configuration: VendorConfiguration
    let leash: Leash
    let progress: ProgressSink

    /// What a vendor's tool may need beside the files, as for indexes and parts.
    private static let slack: Int64 = 64 << 20
    /// What a name counts, for files without content fill a disk too; and what the end of a file may take.
    private static let block: Int64 = 4 << 10
    private static let interval = Duration.milliseconds(200)

    private var files: [RemoteFile] { resolution.files }

    private var isSized: Bool { files.allSatisfy { $0.size != nil } }

    /// What may be in the folder.
    private var limit: Int64 {
        let size = isSized ? files.knownSize : configuration.trust.maximumSize ?? .max
        let (limit, overflow) = size.addingReportingOverflow(Self.slack + 2 * Self.block * Int64(files.count))
        return overflow ? .max : limit
    }

    private var excess: ProvisionError {
        let refusal = configuration.refusal(of: resolution.reference, becauseMoreThanAllowed: "")
        if !isSized, let refusal { return refusal }
        return ProvisionError(
            .digestMismatch, "it fetches more than its resolution says (\(ByteCount(limit)))")
    }

    /// Looks until cancelled; at a large tree less often, since each look costs a walk over it.
    func run() async {
        var sizes: [RelativePath: Int64] = [:]
        var taken: Int64 = 0
        var pause = Self.interval
        let limit = limit
        // A sleep that is cut short is the end of the fetch.
        while (try? await Task.sleep(for: pause)) != nil {
            let start = ContinuousClock.now
            defer { pause = max(Self.interval, min(.seconds(2), (ContinuousClock.now - start) * 20)) }
            let usage = diskUsage(of: [folder], upTo: limit, entry: Self.block)
            if usage > limit {
                leash.cut(excess)
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
