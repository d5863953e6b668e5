import Archives
import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Transfer
import VendorServices
import Vendors

/// Steps 3 and 4: every file of a plan, linked from what is here or fetched, and unpacked.
extension Pipeline {
    /// What fetching the files of a plan came to.
    struct Fetched: Sendable {
        /// True where some file had no published digest.
        var unverified = false
        /// Bytes that came of files whose sizes nobody had said.
        var unannounced: Int64 = 0
        /// Partials of archives, to be removed once their content is published.
        var unpacked: [String] = []
        /// Small files that are whole, and not in the store yet.
        var arrived: [ArrivedFile] = []

        mutating func add(_ other: Fetched) {
            unverified = unverified || other.unverified
            unannounced += other.unannounced
            unpacked += other.unpacked
            arrived += other.arrived
        }
    }

    /// How many files are in flight; the engine bounds the connections to a host on its own.
    private static let filesInFlight = 16

    func fetch(
        _ files: [RemoteFile], of plan: Plan, into tree: StagedTree, for job: ProvisionJob
    ) async throws -> Fetched {
        let fetching = fileFetch(of: plan, into: tree, for: job)
        let wanted = try prepare(files, of: plan, in: fetching.caches, for: job)
        let missing = wanted.filter { (job.force || !$0.isHere(in: store)) && !fetching.takesNoRoom($0) }
        let needs = missing.map { file in
            SpaceNeed(
                partial: plan.partialName(of: file.remote), blob: job.force ? nil : file.blob,
                size: (file.remote.size ?? 0) - (file.isBrought ? bytesLeft(of: file.remote, in: plan) : 0))
        }
        do {
            return try await store.withPromisedSpace(for: needs, of: plan.item.id, job: job.id) {
                let toBring = wanted.filter { $0.isBrought && (job.force || !$0.isHere(in: store)) }
                var fetched = try await bring(toBring, of: plan, into: tree, for: job)
                let brought = Set(toBring.map(\.remote.path))
                let rest = wanted.filter { !brought.contains($0.remote.path) }
                guard let room = plan.room else {
                    fetched.add(try await fetchAll(rest, fetching))
                    return fetched
                }
                fetched.add(try await fetchAll(rest.filter { $0.remote.size != nil }, fetching))
                // One after another: what may come of each is what those before it have left.
                for file in rest where file.remote.size == nil {
                    let fetching = fetching.taking(max(0, room - fetched.unannounced))
                    fetched.add(try await fetching.runAlone(file))
                }
                return fetched
            }
        } catch let error as StoreError {
            throw ProvisionError(pipeline: error).of(plan.item.id)
        }
    }

    private func fetchAll(_ wanted: [WantedFile], _ fetching: FileFetch) async throws -> Fetched {
        try await withThrowingTaskGroup(of: Fetched.self) { group in
            var result = Fetched()
            var rest = wanted[...]
            for _ in 0..<Self.filesInFlight {
                guard let file = rest.popFirst() else { break }
                group.addTask { try await fetching.run(file) }
            }
            while let one = try await group.next() {
                result.add(one)
                guard let file = rest.popFirst() else { continue }
                group.addTask { try await fetching.run(file) }
            }
            try await fetching.keep(result.arrived)
            return result
        }
    }

    /// Step 3: says what is to come.
    private func prepare(
        _ files: [RemoteFile], of plan: Plan, in caches: BlobCaches, for job: ProvisionJob
    ) throws -> [WantedFile] {
        guard job.expected == nil || files.count == 1 else {
            throw ProvisionError(
                .invalid, "--expect names one digest, and \(plan.item.id) has \(files.count) files",
                remedy: "name the one file after a colon")
        }
        let wanted = try wanted(files, of: plan, for: job)
        tell(wanted, present: presentBytes(of: wanted, of: plan, in: caches, for: job), for: job)
        return wanted
    }

    /// The files, with the digests that they are known or expected to have.
    ///
    /// - Throws: `.digestMismatch` where the vendor has published another digest than the user expects.
    func wanted(_ files: [RemoteFile], of plan: Plan, for job: ProvisionJob) throws -> [WantedFile] {
        let seen = try seenBefore(of: plan)
        return try files.map { file in
            var wanted = WantedFile(remote: file, seen: seen[file.path])
            guard let expected = job.expected else { return wanted }
            if let published = file.digest, published.algorithm == expected.algorithm, published != expected {
                throw ProvisionError(
                    .digestMismatch,
                    "\(plan.match.name) publishes \(file.path) as \(published), --expect says \(expected)",
                    remedy: "nothing was fetched; check the digest, or the revision that it is of")
            }
            wanted.remote.digest = expected
            wanted.isPublished = file.digest == expected
            return wanted
        }
    }

    func tell(_ wanted: [WantedFile], present: PresentBytes, for job: ProvisionJob) {
        let files = wanted.map(\.remote)
        let isKnown = files.allSatisfy { $0.size != nil }
        job.progress(.planned(files: files.count, bytes: isKnown ? files.knownSize : nil, present: present))
    }

    /// What an earlier provision of the same item found: the digests of files that the vendor publishes none for, valid
    /// at the same revision alone, and of files known by another kind of digest, valid while that one stays.
    func seenBefore(of plan: Plan) throws -> [RelativePath: Digest] {
        guard
            let sidecar = try store.sidecar(plan.item),
            let earlier = try? sidecar.resolution.decoded(as: Resolution.self)
        else { return [:] }
        let sameRevision = earlier.revision == plan.resolution.revision
        let now = Dictionary(
            plan.resolution.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let published = Dictionary(
            sidecar.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        var seen: [RelativePath: Digest] = [:]
        for file in earlier.files where file.unpack == .none && now[file.path] == .some(file.digest) {
            if file.digest == nil && !sameRevision { continue }
            seen[file.path] = published[file.path]
        }
        return seen
    }

    /// - Parameters:
    ///   - tree: nil where the blobs alone are wanted.
    ///   - access: nil for what the vendor says of the reference.
    func fileFetch(
        of plan: Plan, into tree: StagedTree?, access: NetworkAccess? = nil, for job: ProvisionJob
    ) -> FileFetch {
        let access = access ?? plan.match.provisioner.access(for: plan.match.reference)
        return FileFetch(
            plan: plan, tree: tree, job: job, access: TransferAccess(access), store: store, engine: engine,
            caches: caches.listed(), mirrors: registry.services.mirrors,
            maximumBytes: plan.match.configuration.trust.maximumSize)
    }
}
