import ArtifactCatalog
import ArtifactTypes
public import ContentStore
public import Pipeline
public import Provisioning
public import WorkerCatalog

/// The pipeline for workers: it describes a tree by building it, or by finding the executable of a release, and by
/// running the result once.
public struct WorkerProvisioner: Sendable {
    let pipeline: Pipeline
    /// The environment in which tools are looked for.
    let environment: [String: String]

    public init(pipeline: Pipeline, environment: [String: String]) {
        self.pipeline = pipeline
        self.environment = environment
    }

    /// The pipeline's steps 3 to 6 with an entry that is a worker.
    func provision(
        _ plan: Plan, for job: ProvisionJob, accepts: @escaping @Sendable (WorkerBinary) -> Bool,
        describe: @escaping @Sendable (Staged) async throws -> WorkerBinary
    ) async throws(ProvisionError) -> WorkerBinary {
        let sidecar = try await pipeline.provision(
            plan, for: job,
            accepts: { sidecar in (try? WorkerBinary(sidecar)).map(accepts) ?? false },
            describe: { staged in try CatalogJSON.value(of: await describe(staged)) })
        return try WorkerBinary(sidecar)
    }
}

extension WorkerBinary {
    /// The entry that a published tree carries.
    public init(_ sidecar: Sidecar) throws(ProvisionError) {
        do {
            self = try CatalogJSON.entry(WorkerBinary.self, from: sidecar.entry)
        } catch {
            throw ProvisionError(
                .digestMismatch, "artifact.json of \(sidecar.id) holds no worker entry: \(error)",
                remedy: "make it again with --force")
        }
    }
}
