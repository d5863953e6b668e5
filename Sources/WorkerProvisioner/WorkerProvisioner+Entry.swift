import ArtifactTypes
import ContentStore
import Pipeline
import SystemPackage
import WorkerCatalog

extension WorkerProvisioner {
    /// The catalog entry of a staged worker.
    func worker(
        _ name: WorkerName, executable: String, in staged: Staged, plan: Plan, provenance: WorkerProvenance
    ) -> WorkerBinary {
        let files = staged.tree.files
        return WorkerBinary(
            id: name.id, name: name.name, workerType: name.variant, platform: name.platform,
            path: pipeline.store.treePath(plan.item).appending(executable).string,
            size: files.reduce(0) { $0 + $1.size }, version: name.version,
            supportedArchitectures: [name.arch ?? HostPlatform.current.arch], verified: !provenance.unverified,
            digest: files.first { $0.path.string == executable }?.digest,
            provenance: provenance)
    }
}
