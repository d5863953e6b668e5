import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Transfer
import VendorServices
import Vendors

/// How one file of a plan gets into its tree.
struct FileFetch: Sendable {
    let plan: Plan
    /// Nil where the blob alone is wanted.
    let tree: StagedTree?
    let job: ProvisionJob
    let access: TransferAccess
    let store: ContentStore
    let engine: TransferEngine
    let caches: BlobCaches
    let mirrors: MirrorHealth
    /// What one file may come to, where that is not its own size; nil for anything.
    var maximumBytes: Int64?

    /// The same for a file that says no size, and may not be larger than this.
    func taking(_ maximumBytes: Int64) -> FileFetch {
        var fetching = self
        fetching.maximumBytes = maximumBytes
        return fetching
    }

    /// Gets the one file that is wanted into the store and the tree.
    func runAlone(_ file: WantedFile) async throws -> Pipeline.Fetched {
        let fetched = try await run(file)
        try await keep(fetched.arrived)
        return fetched
    }

    /// Gets one of many files. What it says has arrived still wants `keep`, once for all of them.
    func run(_ file: WantedFile) async throws -> Pipeline.Fetched {
        if let done = try await link(file) { return done }
        if let done = try await unpackBlob(file.remote) { return done }
        let name = plan.partialName(of: file.remote)
        let waiting = Waiting("fetches \(file.remote.path)", job) { holder in
            guard let received = holder.received else { return }
            job.progress(.transfer(path: file.remote.path.string, received: received, total: holder.total))
        }
        return try await store.withLock(
            .partial(name), deadline: Pipeline.lockDeadline, onWait: { waiting.tell($0) },
            { lock in
                if let done = try await link(file) { return done }
                if let done = try await copy(file) {
                    try store.removePartial(named: name)
                    return done
                }
                return try await fetch(file, as: name, lock)
            })
    }

    /// The file from a blob that is here, unless the user wants it fetched.
    private func link(_ file: WantedFile) async throws -> Pipeline.Fetched? {
        guard !job.force, let blob = file.blob, file.isHere(in: store) else { return nil }
        try await place(blob, at: file.remote.path)
        job.progress(.fileDone(path: file.remote.path.string, bytes: file.remote.size ?? 0))
        return Pipeline.Fetched(unverified: !file.remote.isVouchedFor)
    }

    private func fetch(_ file: WantedFile, as name: String, _ lock: HeldLock) async throws -> Pipeline.Fetched {
        let remote = file.remote
        if job.offline {
            throw ProvisionError(
                .offline, "\(remote.path) of \(plan.item.id) is not stored",
                remedy: "run it without --offline and HF_HUB_OFFLINE")
        }
        var fetched = Pipeline.Fetched(unverified: !remote.isVouchedFor)
        let size: Int64
        if remote.unpack == .none || tree == nil {
            let outcome = try await download(file, as: name, lock)
            size = outcome.size
            let part = store.partial(named: name).part
            if size <= ArrivedFile.maximumSize {
                fetched.arrived = [ArrivedFile(path: remote.path, part: part, sha256: outcome.sha256)]
            } else {
                try await store.storeBlob(from: part, sha256: outcome.sha256)
                try await place(outcome.sha256, at: remote.path)
            }
        } else {
            let unpacked = try await fetchUnpacking(file, as: name, lock)
            size = unpacked.size
            try await checkSignature(of: remote, in: name)
            try plan.match.checkRelease(plan.resolution, topFolder: unpacked.topFolder)
            fetched.unpacked = [name]
        }
        if remote.size == nil { fetched.unannounced = size }
        job.progress(.fileDone(path: remote.path.string, bytes: size))
        return fetched
    }

    func download(
        _ file: WantedFile, as name: String, _ lock: HeldLock,
        arrival: (@Sendable (Download.Arrival) -> Void)? = nil
    ) async throws -> DownloadOutcome {
        let remote = file.remote
        let partial = store.partial(named: name)
        // Of a single source there is nothing to choose, and nothing to pass over.
        let hasChoice = remote.sources.count > 1
        let mirrors = hasChoice ? self.mirrors : .none
        let order = mirrors.order
        // A digest seen at this revision binds: whoever serves other bytes under it now is not believed.
        var download = Download(
            sources: sources(remote.sources, in: order), size: remote.size, digest: remote.digest ?? file.seen,
            isPublished: file.isPublished, partial: partial.part, journal: partial.journal, access: access,
            maximumBytes: maximumBytes, refresh: refresh(remote, order),
            arrival: arrival)
        if hasChoice { download.passedOver = { remember($0.reason, at: $0.url) } }
        do {
            return try await engine.download(download) { received, total in
                lock.tell(received: received, total: total)
                job.progress(.transfer(path: remote.path.string, received: received, total: total))
            }
        } catch {
            if error.code == .tooLarge, let refusal = plan.match.refusal(ofMoreThanAllowed: "") { throw refusal }
            // Of several references on one line a URL alone does not tell which one failed.
            throw ProvisionError(transfer: error).of(plan.subject)
        }
    }

    /// Puts a blob into the tree. A worker that comes as one file is the program itself.
    func place(_ blob: Digest, at path: RelativePath) async throws(StoreError) {
        try await tree?.link(blob: blob, at: path, executable: plan.item.kind == .worker)
    }

    /// Puts small files that have arrived into the store and the tree. They wait for the disk together.
    func keep(_ arrived: [ArrivedFile]) async throws {
        try await store.storeBlobs(arrived.map { ($0.part, $0.sha256) })
        for file in arrived { try await place(file.sha256, at: file.path) }
    }

    /// Signed URLs expire: the vendor is asked again for the same file at the same revision.
    private func refresh(
        _ file: RemoteFile, _ order: MirrorOrder
    ) -> @Sendable () async throws -> [DownloadSource] {
        { [plan, job] in
            let again = try await plan.match.provisioner.resolve(plan.match.reference, in: job.context(known: nil))
            guard again.revision == plan.resolution.revision else { return [] }
            return sources(again.files.first { $0.path == file.path }?.sources ?? [], in: order)
        }
    }
}

extension Plan {
    /// A partial is named after its content, or, where no digest is known, after where it comes from: so any later job
    /// finds it.
    func partialName(of file: RemoteFile) -> String {
        if let digest = file.digest { return ContentStore.partialName(digest: digest) }
        return ContentStore.partialName(url: file.sources.first?.url ?? "", revision: resolution.revision)
    }
}
