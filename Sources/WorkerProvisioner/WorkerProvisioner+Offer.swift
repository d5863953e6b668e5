import ArtifactCatalog
public import ArtifactTypes
import ContentStore
import Foundation
public import Pipeline
public import Provisioning
import SystemPackage
import Vendors
import WorkerBuild
public import WorkerCatalog

/// Workers that a directory offers by name, each made by a PKGBUILD.
extension WorkerProvisioner {
    /// What directories say of a worker, and which of them.
    public struct Offer: Sendable {
        public let vendor: String
        public let worker: OfferedWorker
    }

    /// An offered worker whose PKGBUILD is known.
    public struct OfferPlan: Sendable {
        public let plan: Plan
        public let name: WorkerName
        let offer: Offer
        let variant: OfferedWorker.Variant
        let table: WorkerRecipeTable
        let request: InstallRequest
        let sandbox: Sandbox
        let requirements: ToolRequirements
        /// What was made before it was looked at by `current`; what another process makes meanwhile will do.
        let madeAt = Timestamp.now
    }

    /// Whether a reference is the name of a worker that a directory may offer.
    public func isOffer(_ reference: ArtifactReference) -> Bool {
        if reference.isURL || reference.locator.contains("/") { return false }
        guard let vendor = reference.vendor else { return reference.selector == nil }
        return (try? pipeline.registry.vendor(named: vendor))?.provisioner is any WorkerDirectory
    }

    /// All workers that are offered, directory by directory.
    ///
    /// - Throws: `.configuration` where there is no directory.
    public func offers(for job: ProvisionJob) async throws(ProvisionError) -> [Offer] {
        var offers: [Offer] = []
        for directory in try directories(named: nil) {
            for worker in try await directory.vendor.workers(in: job.context(known: nil)) {
                offers.append(Offer(vendor: directory.name, worker: worker))
            }
        }
        return offers
    }

    /// The worker that a reference names, of the first directory that has it.
    public func offer(_ reference: ArtifactReference, for job: ProvisionJob) async throws(ProvisionError) -> Offer {
        let asked = reference.revision
        var others: [String] = []
        let directories = try directories(named: reference.vendor, for: reference.locator)
        for directory in directories {
            job.progress(.resolving(reference: reference.description, vendor: directory.name))
            let found = try await directory.vendor.workers(
                named: reference.locator, version: asked, in: job.context(known: nil))
            if let worker = found.first(where: { asked ?? $0.version == $0.version }) {
                return Offer(vendor: directory.name, worker: worker)
            }
            others += found.map(\.version)
        }
        let names = directories.map(\.name).joined(separator: ", ")
        if let asked, !others.isEmpty {
            throw ProvisionError(
                .revisionNotFound, "\(names) has no version \(asked) of \(reference.locator)",
                remedy: "there is \(others.joined(separator: ", "))")
        }
        throw ProvisionError(
            .notFound, "\(names) has no worker \(reference.locator)",
            remedy: building(reference.locator) ?? "rbee-hive worker available shows what there is")
    }

    /// What to do for a worker that vendors.d has a recipe of.
    private func building(_ worker: String?) -> String? {
        guard let recipe = pipeline.registry.recipes.first(where: { $0.table.name == worker })?.table else {
            return nil
        }
        return "rbee-hive worker build \(recipe.variants[0]) --worker \(recipe.name) builds the one of vendors.d"
    }

    /// - Parameters:
    ///   - name: of the only one that will do.
    ///   - worker: what is looked for.
    private func directories(
        named name: String?, for worker: String? = nil
    ) throws(ProvisionError) -> [(name: String, vendor: any WorkerDirectory)] {
        let found = try pipeline.registry.workerDirectories().filter { name ?? $0.name == $0.name }
        guard !found.isEmpty else {
            throw ProvisionError(
                .configuration, "no worker catalog service is configured",
                remedy: building(worker)
                    ?? "set WORKER_CATALOG_URL, or write a vendors.d file with module = \"worker-service\"")
        }
        return found.compactMap { instance in
            (instance.provisioner as? any WorkerDirectory).map { (instance.name, $0) }
        }
    }

    /// Looks for the sandbox, and then asks for the PKGBUILD.
    public func plan(
        _ offer: Offer, _ recipe: OfferedRecipe, _ request: InstallRequest, for job: ProvisionJob
    ) async throws(ProvisionError) -> OfferPlan {
        guard let variant = offer.worker.variants.first(where: { $0.accelerator == recipe.accelerator }) else {
            throw ProvisionError(.selectorNotFound, "\(offer.worker.name) has no \(recipe.selector)")
        }
        let sandbox: Sandbox
        do {
            sandbox = try await Sandbox(mode: request.sandbox, environment: environment)
        } catch {
            throw ProvisionError(worker: error)
        }
        let name = WorkerName(
            name: request.name ?? offer.worker.name, variant: recipe.accelerator,
            version: request.version ?? offer.worker.version)
        let table = variant.table(named: name.name, recipe.form)
        let match = try pipeline.registry.vendor(
            for: ArtifactReference(
                vendor: offer.vendor, locator: offer.worker.name, revision: offer.worker.version,
                selector: recipe.selector),
            kind: .worker)
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        try check(name)
        job.progress(.resolved(resolution))
        return OfferPlan(
            plan: try pipeline.plan(resolution, of: match, as: StoreItem(kind: .worker, id: name.id)),
            name: name, offer: offer, variant: variant, table: table, request: request, sandbox: sandbox,
            requirements: ToolRequirements(
                table: table, environment: environment, sandboxed: request.sandbox == .require))
    }

    /// The worker, where the same PKGBUILD has made it of the same already.
    public func current(_ offer: OfferPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary? {
        guard let sidecar = try pipeline.held(offer.plan) else { return nil }
        let entry = try WorkerBinary(sidecar)
        guard offer.accepts(entry),
            try await !offer.origin.hasMoved(entry.provenance?.sources ?? [], with: pipeline, for: job)
        else { return nil }
        return entry
    }

    /// Runs the PKGBUILD, runs the result once, and publishes it with the PKGBUILD and the log.
    public func install(_ offer: OfferPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary {
        if !job.force {
            try checkSuccession(
                of: offer.name.id, by: offer.plan.resolution, isVouchedFor: nil, remedy: Self.successionRemedy)
        }
        return try await provision(
            offer.plan, for: job, accepts: { entry in offer.accepts(entry) && entry.addedAt > offer.madeAt },
            describe: { staged in try await describe(staged, offer, for: job) })
    }

    private func describe(
        _ staged: Staged, _ offer: OfferPlan, for job: ProvisionJob
    ) async throws -> WorkerBinary {
        try await pipeline.store.withTree(job: job.id + "-source") { checkout in
            try await pipeline.store.withTree(job: job.id + "-scratch") { scratch in
                try await keepingRemains(
                    of: offer.plan.item, log: staged.tree.root.appending("build.log"), folders: [], for: job
                ) {
                    try await make(staged, offer, checkout: checkout.root, scratch: scratch.root, for: job)
                }
            }
        }
    }

    private func make(
        _ staged: Staged, _ offer: OfferPlan, checkout: FilePath, scratch: FilePath, for job: ProvisionJob
    ) async throws -> WorkerBinary {
        let root = staged.tree.root
        let text = try Data(contentsOf: URL(fileURLWithPath: root.appending("PKGBUILD").string))
        let recipe = try BuildRecipe(
            table: offer.table, variant: offer.name.variant, pkgbuild: Array(text),
            offer: BuildRecipe.Offer(program: offer.variant.program, allowsNetwork: offer.request.allowsNetwork))
        let work = PackageWork(
            recipe: recipe, requirements: offer.requirements, sandbox: offer.sandbox,
            jobs: offer.request.jobs ?? ProcessInfo.processInfo.activeProcessorCount, origin: offer.origin)
        let (output, sources) = try await package(
            work, checkout: checkout, scratch: scratch, caches: nil, log: root.appending("build.log"), for: job)
        guard let package = output.root else {
            throw ProvisionError(.unsupported, "\(offer.name.id): its PKGBUILD packages nothing")
        }
        let executable = try move(package, program: output.binary, into: root)
        try await staged.tree.scan()
        try await tryOut(
            executable, as: offer.name, arguments: smokeTest(of: offer.request, named: offer.name.name), in: staged,
            offer.sandbox, remedy: Self.firstRunRemedy, for: job)
        var entry = worker(
            offer.name, executable: executable, in: staged, plan: offer.plan,
            provenance: WorkerProvenance(
                repository: offer.plan.resolution.reference.description, recipe: recipe.digest,
                variant: offer.name.variant, toolchain: output.toolchain, flags: output.flags, package: output.version,
                sources: sources, sandboxed: output.sandboxed, unverified: sources.contains { $0.revision == nil },
                seconds: output.seconds, options: offer.options))
        let offered = offer.offer.worker
        entry.supportedFormats = offered.supportedFormats
        entry.maxContextLength = offered.maxContextLength
        entry.supportsStreaming = offered.supportsStreaming
        entry.supportsBatching = offered.supportsBatching
        return entry
    }
}

extension WorkerProvisioner.OfferPlan {
    var origin: PackageOrigin {
        PackageOrigin(
            worker: name.name, plan: plan, configuredURL: nil, allowsUnverified: request.allowsUnverified)
    }

    /// With the form, which may have been chosen for want of the other.
    var options: [String] {
        OfferedRecipe(selector: plan.resolution.reference.selector ?? "").map { ["--\($0.form)"] + request.options }
            ?? request.options
    }

    /// Whether what the same PKGBUILD has made before will do.
    func accepts(_ entry: WorkerBinary) -> Bool {
        (entry.provenance?.sandboxed == true || sandbox.mode == .off)
            && (request.allowsUnverified || entry.provenance?.unverified != true)
    }
}
