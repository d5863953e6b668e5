public import ArtifactTypes
import ContentStore
import Foundation
public import Pipeline
public import Provisioning
import SystemPackage
import Vendors
public import WorkerBuild
public import WorkerCatalog

/// Workers built from a git checkout.
extension WorkerProvisioner {
    /// What `worker build` was asked for.
    public struct BuildRequest: Sendable {
        public var variant: Accelerator
        /// Which worker; nil for the default one.
        public var worker: String?
        /// A branch, tag or commit instead of the configured one.
        public var revision: String?
        public var sandbox: SandboxMode
        /// Compilers at once; nil for one a core.
        public var jobs: Int?

        public init(
            variant: Accelerator, worker: String? = nil, revision: String? = nil, sandbox: SandboxMode = .require,
            jobs: Int? = nil
        ) {
            self.variant = variant
            self.worker = worker
            self.revision = revision
            self.sandbox = sandbox
            self.jobs = jobs
        }
    }

    /// A build that could begin: recipe, tools, sandbox and commit are known.
    public struct BuildPlan: Sendable {
        public let plan: Plan
        public let recipe: BuildRecipe
        public let name: WorkerName
        public let toolchain: [String: String]
        let sandbox: Sandbox
        let jobs: Int
        public var isSandboxed: Bool { sandbox.mode == .require }
    }

    /// Checks, in this order: the recipe, the tools that it needs, the sandbox; and only then asks for the commit.
    public func plan(_ request: BuildRequest, for job: ProvisionJob) async throws(ProvisionError) -> BuildPlan {
        let found = try pipeline.registry.recipe(variant: request.variant, named: request.worker)
        let recipe: BuildRecipe
        let toolchain: [String: String]
        let sandbox: Sandbox
        do {
            recipe = try BuildRecipe(table: found.table, variant: request.variant)
            let requirements = ToolRequirements(table: found.table, environment: environment)
            try requirements.check(request.variant)
            sandbox = try await Sandbox(mode: request.sandbox, environment: environment)
            toolchain = await requirements.versions(request.variant)
        } catch {
            throw ProvisionError(worker: error)
        }
        let reference = ArtifactReference(
            vendor: found.vendor, locator: found.table.name, revision: request.revision)
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        guard let git = resolution.git else {
            throw ProvisionError(
                .configuration,
                "worker \(found.table.name) has a recipe, but its vendor \(found.vendor) has no sources",
                remedy: "set module = \"git\" in the vendors.d file of \(found.vendor)")
        }
        let name = WorkerName(
            name: found.table.name, variant: request.variant,
            version: WorkerName.version(tag: git.tag, commit: git.commit))
        job.progress(.resolved(resolution))
        return BuildPlan(
            plan: Plan(
                match: match, resolution: resolution, item: StoreItem(kind: .worker, id: name.id)),
            recipe: recipe, name: name, toolchain: toolchain, sandbox: sandbox,
            jobs: request.jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// The worker that the same inputs have built before: commit, recipe, variant and toolchain.
    public func current(_ build: BuildPlan) throws(ProvisionError) -> WorkerBinary? {
        guard let sidecar = try pipeline.held(build.plan) else { return nil }
        let entry = try WorkerBinary(sidecar)
        return build.isSource(of: entry) ? entry : nil
    }

    /// Fetches the commit, builds it, runs the result once, and publishes it with its build log.
    public func build(_ build: BuildPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary {
        try await provision(
            build.plan, for: job, accepts: { entry in build.isSource(of: entry) },
            describe: { staged in try await describe(staged, build, for: job) })
    }

    private func describe(
        _ staged: Staged, _ build: BuildPlan, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        let executable = "bin/\(build.name.name)"
        guard let scratch = staged.scratch else {
            throw ProvisionError(.unsupported, "\(build.name.id) was not resolved to sources")
        }
        let output: BuildOutput
        do {
            job.progress(.stage("building \(build.name.id)"))
            let builder = WorkerBuilder(sandbox: build.sandbox)
            output = try await builder.build(
                build.recipe, checkout: staged.source, scratch: scratch, jobs: build.jobs,
                log: staged.tree.root.appending("build.log"),
                onLine: { line in job.progress(.output(line)) })
            job.progress(.stage("running it once"))
            try await builder.smokeTest(output.binary, arguments: build.recipe.smokeTest)
            try await builder.checkAccelerator(of: output.binary, variant: build.name.variant)
            try await staged.tree.copy(output.binary, to: RelativePath(executable), executable: true)
            try await staged.tree.scan()
        } catch {
            throw ProvisionError(worker: error)
        }
        let git = staged.resolution.git ?? build.plan.resolution.git
        return worker(
            build.name, executable: executable, in: staged, plan: build.plan,
            provenance: WorkerProvenance(
                repository: git?.url, mirror: git?.mirror, commit: git?.commit, tree: git?.tree,
                recipe: build.recipe.digest, variant: build.name.variant, toolchain: output.toolchain,
                sandboxed: output.sandboxed, unverified: staged.unverified,
                skipped: staged.resolution.metadata.skipped.map { SkippedMirror(url: $0.url, reason: $0.reason) },
                seconds: output.seconds))
    }
}

extension WorkerProvisioner.BuildPlan {
    func isSource(of entry: WorkerBinary) -> Bool {
        entry.provenance?.commit == plan.resolution.git?.commit
            && entry.provenance?.recipe == recipe.digest
            && entry.workerType == name.variant && entry.provenance?.toolchain == toolchain
            && (entry.provenance?.sandboxed == true || sandbox.mode == .off)
    }
}
