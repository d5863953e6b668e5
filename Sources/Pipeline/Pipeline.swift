public import ArtifactTypes
public import ContentStore
public import Provisioning
public import SystemPackage
public import Transfer
public import Vendors

/// The way from a reference to a published tree, the same for every vendor and kind: resolve, select, prepare, fetch,
/// describe, publish. It knows no entry type: what a tree is, `describe` says, as JSON that the sidecar keeps.
public struct Pipeline: Sendable {
    public let registry: VendorRegistry
    public let store: ContentStore
    let engine: TransferEngine
    let caches: BlobCaches

    /// - Parameter caches: other programs' files, which are copied where their digest is the wanted one.
    public init(
        registry: VendorRegistry, store: ContentStore, engine: TransferEngine, caches: BlobCaches = BlobCaches()
    ) {
        self.registry = registry
        self.store = store
        self.engine = engine
        self.caches = caches
    }

    /// Step 1: asks `match`'s vendor what the reference is at now.
    ///
    /// - Parameter known: what the store holds for it; a vendor at the same revision gives it back after one request.
    public func resolve(
        _ match: VendorRegistry.Match, known: Resolution?, for job: ProvisionJob
    ) async throws(ProvisionError) -> Resolution {
        // Before anybody is asked.
        try match.checkTrust()
        return try await ask(match, known: known, for: job)
    }

    /// The same of a vendor that need not be trusted for it: for an answer that nothing is fetched by.
    public func ask(
        _ match: VendorRegistry.Match, known: Resolution?, for job: ProvisionJob
    ) async throws(ProvisionError) -> Resolution {
        job.progress(.resolving(reference: match.reference.withoutSecrets.description, vendor: match.name))
        // Offline, what is held is the answer: a vendor that is a program of its own might ask the network all the same.
        if job.offline, let known, !match.reference.isURL { return known }
        let stored = { @Sendable () throws(ProvisionError) -> [Resolution] in
            try self.stored(from: match.name, kind: job.kind)
        }
        let context = job.context(known: known, stored: stored)
        let resolution = try await match.provisioner.resolve(match.reference, in: context)
        for skipped in resolution.metadata.skipped {
            job.progress(.notice("passed over \(skipped.url): \(skipped.reason)"))
        }
        return resolution
    }

    /// What is to be fetched, once its vendor's trust table takes it: nothing is without a plan.
    ///
    /// - Parameter resolution: its files are those that were chosen.
    /// - Throws: `.untrusted`; `.unsafeContent` for names that the store cannot hold together.
    public func plan(
        _ resolution: Resolution, of match: VendorRegistry.Match, as item: StoreItem, held: Sidecar? = nil
    ) throws(ProvisionError) -> Plan {
        try match.checkTrust(resolution)
        // An archive's entries bring their own names.
        if let objection = Sidecar.objection(to: resolution.files.filter { !$0.unpack.isArchive }.map(\.path)) {
            throw ProvisionError(
                .unsafeContent, "\(match.reference.withoutSecrets): \(objection)",
                remedy: match.reference.isURL || item.kind == .worker
                    ? "its publisher can give that file another name" : "leave the file out with --exclude")
        }
        return Plan(match: match, resolution: resolution, item: item, held: held)
    }

    /// The sidecar of `plan`'s item, where the store holds it whole at the plan's revision with the plan's files.
    public func held(_ plan: Plan) throws(ProvisionError) -> Sidecar? {
        guard
            let sidecar = try sidecar(plan.item),
            let resolution = try? sidecar.resolution.decoded(as: Resolution.self),
            resolution.isSame(as: plan.resolution),
            store.isComplete(sidecar)
        else { return nil }
        return sidecar
    }

    /// What the store holds under an id. A damaged sidecar counts as none: what it described is fetched anew.
    public func sidecar(_ item: StoreItem) throws(ProvisionError) -> Sidecar? {
        do {
            return try store.sidecar(item)
        } catch  where error.code == .corrupt {
            return nil
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// Steps 3 to 6 under the item's lock. A second process that wants the same waits, shows how far the first is, and
    /// finds it done.
    ///
    /// - Parameters:
    ///   - accepts: whether what is held at the same revision will do.
    ///   - describe: step 5. It gets what was fetched, may add to the tree, and returns the catalog entry.
    /// - Returns: the sidecar of the published tree; whoever catalogues its entry settles it with the store afterwards.
    public func provision(
        _ plan: Plan, for job: ProvisionJob,
        accepts: @Sendable (Sidecar) -> Bool = { _ in true },
        describe: @Sendable (Staged) async throws -> JSONValue
    ) async throws(ProvisionError) -> Sidecar {
        do {
            let waiting = try waiting(plan, for: job)
            return try await store.withLock(
                .item(plan.item), deadline: Self.lockDeadline, onWait: { waiting.tell($0) },
                {
                    if !job.force, let held = try held(plan), accepts(held) { return held }
                    return try await store.withTree(job: job.id) { tree in
                        try await fill(tree, plan, for: job, describe: describe)
                    }
                })
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// How long one process waits for another one that shows no sign of life. One that runs is waited for to its end.
    static let lockDeadline = Duration.seconds(300)

    private func fill(
        _ tree: StagedTree, _ plan: Plan, for job: ProvisionJob, describe: @Sendable (Staged) async throws -> JSONValue
    ) async throws -> Sidecar {
        switch plan.resolution.payload {
        case .files(let files, _):
            let fetched = try await fetch(files, of: plan, into: tree, for: job)
            try await checkSignatures(of: plan, in: tree, for: job)
            try await tree.scan()
            // What an archive holds, and how large a file is that said nothing of it, is known only now.
            try plan.match.checkTrust(plan.resolution, unpacked: tree.files.map { RemoteFile($0) })
            // Each file may have its digest, and still only a mirror's word for which files they are.
            let isUnverified = fetched.unverified || plan.resolution.metadata.unverified && job.expected == nil
            let staged = Staged(
                tree: tree, source: tree.root, resolution: plan.resolution, unverified: isUnverified)
            let sidecar = try await publish(staged, as: plan.item, for: job, describe: describe)
            // An archive is no blob: once its files are published, the partial has done its duty.
            for name in fetched.unpacked { try await store.dropPartial(named: name) }
            return sidecar
        case .git:
            guard let vendor = plan.match.provisioner as? any FetchingProvisioner else {
                throw ProvisionError(
                    .unsupported, "vendor \(plan.match.name) resolved to a git source but cannot fetch one")
            }
            return try await withTwoTrees(job.id) { checkout, scratch in
                let resolution = try await vendor.fetch(
                    plan.resolution, into: StagingArea(root: checkout.root), in: job.context(known: nil))
                try await plan.match.checkSize(of: resolution, in: checkout)
                let staged = Staged(
                    tree: tree, source: checkout.root, resolution: resolution,
                    unverified: resolution.metadata.unverified, scratch: scratch.root)
                return try await publish(staged, as: plan.item, for: job, describe: describe)
            }
        }
    }

    /// Two folders beside the tree that are thrown away afterwards: for a checkout, and for what a build leaves.
    private func withTwoTrees<Value: Sendable>(
        _ job: String, _ body: (StagedTree, StagedTree) async throws -> Value
    ) async throws -> Value {
        try await store.withTree(job: job + "-source") { checkout in
            try await store.withTree(job: job + "-scratch") { scratch in try await body(checkout, scratch) }
        }
    }

    private func publish(
        _ staged: Staged, as item: StoreItem, for job: ProvisionJob,
        describe: @Sendable (Staged) async throws -> JSONValue
    ) async throws -> Sidecar {
        let entry = try await describe(staged)
        job.progress(.stage("publishing"))
        let sidecar = try await store.publish(
            staged.tree, as: item, entry: entry, resolution: JSONValue(encoding: staged.resolution.withoutSecrets))
        job.progress(.published(path: store.treePath(item).string))
        return sidecar
    }
}

/// What step 5 works on.
public struct Staged: Sendable {
    /// The tree that will be published; what was fetched into it has been taken in.
    public let tree: StagedTree
    /// Where the payload lies: the tree itself, or a git checkout that is thrown away afterwards.
    public let source: FilePath
    public let resolution: Resolution
    /// True where some file had no published digest.
    public let unverified: Bool
    /// An empty folder that is thrown away afterwards; nil where the payload needs no building.
    public var scratch: FilePath?
}
