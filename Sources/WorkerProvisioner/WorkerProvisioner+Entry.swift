import Archives
import ArtifactTypes
import ContentStore
import Pipeline
import Provisioning
import SystemPackage
import WorkerBuild
import WorkerCatalog

extension WorkerProvisioner {
    /// The catalog entry of a staged worker.
    func worker(
        _ name: WorkerName, executable: String, in staged: Staged, plan: Plan, provenance: WorkerProvenance
    ) -> WorkerBinary {
        let files = staged.tree.files
        return WorkerBinary(
            id: name.id, name: name.name, workerType: name.variant, toolkit: name.toolkit, platform: name.platform,
            path: pipeline.store.treePath(plan.item).appending(executable).string,
            size: files.reduce(0) { $0 + $1.size }, version: name.version,
            supportedArchitectures: [name.arch ?? HostPlatform.current.arch], verified: !provenance.unverified,
            digest: files.first { $0.path.string == executable }?.digest,
            provenance: provenance)
    }

    /// Runs a staged worker once, and sees whether it is made for the accelerator that it is named for.
    ///
    /// - Parameters:
    ///   - arguments: nil where it is not to be run.
    ///   - remedy: what to do where that run fails.
    ///   - acceleratorRemedy: what to do where it is not made for it; nil where a recipe of this machine made it.
    func tryOut(
        _ executable: String, as name: WorkerName, arguments: [String]?, in staged: Staged, _ sandbox: Sandbox,
        remedy: String? = nil, acceleratorRemedy: String? = nil, for job: ProvisionJob
    ) async throws(ProvisionError) {
        let builder = WorkerBuilder(sandbox: sandbox)
        let root = staged.tree.root
        let binary = root.appending(executable)
        try checkFormat(of: binary, named: executable)
        do throws(BuildError) {
            if let arguments {
                job.progress(.stage("running it once"))
                do throws(BuildError) {
                    try await builder.smokeTest(binary, arguments: arguments, in: root)
                } catch var error where error.code == .smokeTestFailed {
                    error.remedy = error.remedy ?? remedy
                    throw error
                }
            }
            try await builder.checkAccelerator(of: binary, variant: name.variant, in: root)
        } catch var error where error.code == .acceleratorMissing {
            error.remedy = acceleratorRemedy ?? error.remedy
            throw ProvisionError(worker: error)
        } catch {
            throw ProvisionError(worker: error)
        }
    }

    /// What starts a program gives anything else to a shell, which would make of it what it can.
    ///
    /// - Throws: `.unsafeContent` for what no system starts by itself.
    private func checkFormat(of program: FilePath, named name: String) throws(ProvisionError) {
        let format: KnownFormat?
        let isEmpty: Bool
        do {
            format = try KnownFormat(of: program)
            isEmpty = try program.stat().size == 0
        } catch {
            throw ProvisionError(worker: error)
        }
        if format?.isProgram == true { return }
        let content = isEmpty ? "empty" : format?.description ?? "of no known format"
        throw ProvisionError(
            .unsafeContent, "\(name.visiblyEscaped) is no program: by its content it is \(content)",
            remedy: "a worker is an ELF or Mach-O program or begins with #!, by itself or in a tar or zip archive")
    }
}
