import ArtifactCatalog
import ArtifactTypes
import ContentStore
import Pipeline
public import Provisioning
public import SystemPackage
public import WorkerCatalog
import WorkerProvisioner

/// Workers: built, installed, found, removed.
extension Hive {
    /// What a build would run, and on which commit. Only a listing is asked for.
    public func planBuild(
        _ request: BuildRequest, progress: ProgressSink
    ) async throws(ProvisionError) -> BuildPlan {
        let job = job(.worker, progress: progress)
        let plan = try await workerProvisioner.plan(request.provisioned, for: job)
        return BuildPlan(plan, isBuilt: try await workerProvisioner.current(plan, for: job) != nil)
    }

    /// Builds, smoke-tests, publishes and catalogues a worker; the same inputs are not built twice. Its name means it
    /// from then on.
    public func buildWorker(
        _ request: BuildRequest, force: Bool, progress: ProgressSink
    ) async throws(ProvisionError) -> WorkerBinary {
        let job = job(.worker, force: force, progress: progress)
        let plan = try await workerProvisioner.plan(request.provisioned, for: job)
        let entry: WorkerBinary
        if !force, let held = try await workerProvisioner.current(plan, for: job) {
            entry = try await keep(held, progress)
        } else {
            entry = try await workerProvisioner.build(plan, for: job)
            try await catalogue(entry)
        }
        try await use(entry)
        return entry
    }

    /// Installs, smoke-tests, publishes and catalogues a worker: from a release archive, or by its name as a directory
    /// of workers offers it. Its name means it from then on.
    ///
    /// - Parameter folder: as of `use`.
    public func installWorker(
        _ request: InstallRequest, force: Bool, linkingIn folder: FilePath? = nil, progress: ProgressSink
    ) async throws(ProvisionError) -> WorkerBinary {
        let job = job(.worker, force: force, progress: progress)
        let entry =
            workerProvisioner.isOffer(request.reference)
            ? try await installOffered(request, linkingIn: folder, for: job)
            : try await installArchive(request, linkingIn: folder, for: job)
        if let link = try await use(entry, linkingIn: folder) { progress(.notice(link.description)) }
        return entry
    }

    private func installArchive(
        _ request: InstallRequest, linkingIn folder: FilePath?, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        let plan = try await workerProvisioner.plan(request.provisioned, for: job)
        try checkLink(of: plan.name.name, in: folder)
        if let held = job.force ? nil : try workerProvisioner.current(plan) {
            return try await keep(held, job.progress)
        }
        let entry = try await workerProvisioner.install(plan, for: job)
        try await catalogue(entry)
        return entry
    }

    /// The worker that `argument` means: its id, or as much of it as one worker matches.
    public func worker(_ argument: String) throws(ProvisionError) -> WorkerBinary {
        let entries = try workerList()
        return try EntryLookup(kind: .worker, argument: argument)
            .find(among: entries, chosen: try currentWorkers(among: entries))
    }

    /// All workers, by id.
    public func workerList() throws(ProvisionError) -> [WorkerBinary] {
        do {
            return try workers.list()
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// Notes that a worker was used.
    public func touch(_ entry: WorkerBinary) throws(ProvisionError) {
        if database.isReadOnly { return }
        do {
            try workers.touch(entry.id, at: .now)
        } catch {
            throw ProvisionError(hive: error)
        }
    }

    /// - Returns: what its name means now, where that was this one and another is left.
    public func removeWorker(_ entry: WorkerBinary) async throws(ProvisionError) -> WorkerBinary? {
        try await removing(StoreItem(kind: .worker, id: entry.id)) { try workers.remove(entry.id) }
        return try await reconsider(entry)
    }

    /// What the same inputs have made before stays as it is; a row that was lost is written again.
    func keep(_ held: WorkerBinary, _ progress: ProgressSink) async throws(ProvisionError) -> WorkerBinary {
        let isListed: Bool
        do {
            isListed = try workers.contains(held.id)
        } catch {
            throw ProvisionError(hive: error)
        }
        if !isListed { try await catalogue(held) }
        progress(.notice("\(held.id) is here already, made of the same"))
        return held
    }
}
