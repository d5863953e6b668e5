import ArtifactTypes
import ContentStore
import Pipeline
public import Provisioning
import SystemPackage
import WorkerCatalog
import WorkerProvisioner

/// Workers by name, as directories offer them.
extension Hive {
    /// A worker that could be had, and what this machine makes of it.
    public struct AvailableWorker: Sendable, Encodable {
        public let vendor: String
        public let name: String
        public let version: String
        public let title: String?
        public let summary: String?
        public let license: String?
        public let variants: [VariantVerdict]
        /// The ids of what is installed of this version.
        public let installed: [String]
    }

    /// Every worker that the configured directories list.
    public func availableWorkers(progress: ProgressSink) async throws(ProvisionError) -> [AvailableWorker] {
        let offers = try await workerProvisioner.offers(for: job(.worker, progress: progress))
        let machine = await WorkerMachine(environment: configuration.environment)
        let entries = try workerList()
        return offers.map { offer in
            let worker = offer.worker
            return AvailableWorker(
                vendor: offer.vendor, name: worker.name, version: worker.version, title: worker.title,
                summary: worker.summary, license: worker.license, variants: worker.variants.map(machine.judge),
                installed: entries.filter { $0.name == worker.name && $0.version == worker.version }.map(\.id))
        }
    }

    /// The best variant for this machine, prebuilt if there is such a one. A version that is here already is not asked for.
    func installOffered(
        _ asked: InstallRequest, linkingIn folder: FilePath?, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        try checkLink(of: asked.name ?? asked.reference.locator, in: folder)
        // An archive's name says which version it is, and may be overruled; of a worker by name it is a choice.
        var request = asked
        request.reference.revision = request.reference.revision ?? request.version
        request.version = nil
        if let held = try installedAlready(request), !job.force { return try await keep(held, job.progress) }
        let offer = try await workerProvisioner.offer(request.reference, for: job)
        let machine = await WorkerMachine(environment: configuration.environment)
        let choice = try OfferChoice(
            offer.worker, asked: request.variant, form: request.form, sandboxed: request.sandboxed, on: machine)
        for rejection in choice.rejected {
            job.progress(.notice("not \(rejection.variant): \(rejection.reason)"))
        }
        for (index, recipe) in choice.recipes.enumerated() {
            do {
                return try await install(offer, recipe, request, for: job)
            } catch {
                let isWorthBuilding = recipe.form == .prebuilt && Self.isWorthBuilding(after: error)
                guard isWorthBuilding, index < choice.recipes.count - 1 else {
                    var error = error.of("\(offer.worker.name) \(offer.worker.version) \(recipe.accelerator)")
                    var advice = [error.remedy].compactMap(\.self)
                    if isWorthBuilding, let obstacle = choice.obstacle {
                        advice.append("it cannot be built: \(obstacle)")
                    }
                    if request.variant == nil, recipe.accelerator != .cpu {
                        advice.append("--variant cpu takes the one for the processor")
                    }
                    error.remedy = advice.isEmpty ? nil : advice.joined(separator: "; ")
                    throw error
                }
                job.progress(.notice("no \(recipe.form.rawValue) \(recipe.accelerator): \(error)"))
            }
        }
        throw ProvisionError(.unsupported, "\(offer.worker.name) has nothing to install")
    }

    private func install(
        _ offer: WorkerProvisioner.Offer, _ recipe: OfferedRecipe, _ request: InstallRequest, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        let plan = try await workerProvisioner.plan(offer, recipe, request.provisioned, for: job)
        if !job.force, let held = try await workerProvisioner.current(plan, for: job) {
            return try await keep(held, job.progress)
        }
        let entry = try await workerProvisioner.install(plan, for: job)
        try await catalogue(entry)
        return entry
    }

    /// What is not there, does not run here, or has nothing to vouch for it, may be had by building it. What is not what it
    /// should be is no reason to look further.
    private static func isWorthBuilding(after error: ProvisionError) -> Bool {
        switch error.code {
        case .notFound, .revisionNotFound, .selectorNotFound, .unsupported, .missingTool, .smokeTestFailed, .untrusted:
            true
        default: false
        }
    }

    /// The newest of a version that is named and here, whole: going back to it needs no directory.
    private func installedAlready(_ request: InstallRequest) throws(ProvisionError) -> WorkerBinary? {
        guard let version = request.reference.revision, request.form == nil else { return nil }
        return try workerList()
            .filter { entry in
                entry.name == request.reference.locator && entry.version == version
                    && request.variant ?? entry.workerType == entry.workerType && isWhole(entry)
            }
            .max { $0.addedAt < $1.addedAt }
    }

    private func isWhole(_ entry: WorkerBinary) -> Bool {
        guard let sidecar = try? store.sidecar(StoreItem(kind: .worker, id: entry.id)) else { return false }
        return store.isComplete(sidecar)
    }
}
