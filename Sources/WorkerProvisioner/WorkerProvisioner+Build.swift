import ArtifactCatalog
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
        /// A repository instead of the configured one and its mirrors.
        public var source: String?
        /// Takes sources of a PKGBUILD that it gives no strong digest of.
        public var allowsUnverified: Bool
        /// Leaves the checkout and all that was built in it.
        public var keepsBuild: Bool

        public init(
            variant: Accelerator, worker: String? = nil, revision: String? = nil, sandbox: SandboxMode = .require,
            jobs: Int? = nil, source: String? = nil, allowsUnverified: Bool = false, keepsBuild: Bool = false
        ) {
            self.variant = variant
            self.worker = worker
            self.revision = revision
            self.sandbox = sandbox
            self.jobs = jobs
            self.source = source
            self.allowsUnverified = allowsUnverified
            self.keepsBuild = keepsBuild
        }
    }

    /// A build that could begin: recipe, tools, sandbox and commit are known.
    public struct BuildPlan: Sendable {
        public let plan: Plan
        public let recipe: BuildRecipe
        public let name: WorkerName
        public let toolchain: [String: String]
        let requirements: ToolRequirements
        let sandbox: Sandbox
        let jobs: Int
        let allowsUnverified: Bool
        let keepsBuild: Bool
        /// The repository as vendors.d has it, which `--source` may stand for.
        let configuredURL: String?
        /// What was built before it was looked at by `current`; what another process builds meanwhile will do.
        let madeAt = Timestamp.now
        public var isSandboxed: Bool { sandbox.mode == .require }
    }

    /// Checks, in this order: the recipe, the tools that it needs, the sandbox; and only then asks for the commit.
    public func plan(_ request: BuildRequest, for job: ProvisionJob) async throws(ProvisionError) -> BuildPlan {
        let found = try pipeline.registry.recipe(variant: request.variant, named: request.worker)
        var recipe: BuildRecipe
        let toolchain: [String: String]
        let sandbox: Sandbox
        let requirements = ToolRequirements(
            table: found.table, environment: environment, sandboxed: request.sandbox == .require)
        do {
            recipe = try BuildRecipe(table: found.table, variant: request.variant)
            try requirements.check(request.variant)
            sandbox = try await Sandbox(mode: request.sandbox, environment: environment)
            toolchain = await requirements.versions(request.variant)
        } catch {
            throw ProvisionError(worker: error)
        }
        let reference = ArtifactReference(
            vendor: found.vendor, locator: found.table.name, revision: request.revision)
        var match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let configuredURL = match.configuration.options.string("url")
        if let source = request.source { match = try pipeline.registry.replacing(repositoryOf: match, by: source) }
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        guard let git = resolution.git else {
            throw ProvisionError(
                .configuration,
                "worker \(found.table.name) has a recipe, but its vendor \(found.vendor) has no sources",
                remedy: "set module = \"git\" in the vendors.d file of \(found.vendor)")
        }
        if case .url(let url) = recipe.pkgbuild {
            let text = try await pipeline.configuredFile(url, maximumBytes: 1 << 20, for: job)
            do {
                recipe = try BuildRecipe(table: found.table, variant: request.variant, pkgbuild: text)
            } catch {
                throw ProvisionError(worker: error)
            }
        }
        let name = WorkerName(
            name: found.table.name, variant: request.variant,
            version: WorkerName.version(tag: git.tag, commit: git.commit))
        job.progress(.resolved(resolution))
        return BuildPlan(
            plan: try pipeline.plan(resolution, of: match, as: StoreItem(kind: .worker, id: name.id)),
            recipe: recipe, name: name, toolchain: toolchain, requirements: requirements, sandbox: sandbox,
            jobs: request.jobs ?? ProcessInfo.processInfo.activeProcessorCount,
            allowsUnverified: request.allowsUnverified, keepsBuild: request.keepsBuild,
            configuredURL: configuredURL)
    }

    /// The worker that the same inputs have built before: commit, further sources, recipe, variant and toolchain.
    public func current(_ build: BuildPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary? {
        guard let sidecar = try pipeline.held(build.plan) else { return nil }
        let entry = try WorkerBinary(sidecar)
        guard build.isSource(of: entry), let provenance = entry.provenance,
            await build.requirements.versions(of: provenance.toolchain.keys.sorted()) == provenance.toolchain
        else { return nil }
        return try await build.origin.hasMoved(provenance.sources, with: pipeline, for: job) ? nil : entry
    }

    /// Fetches the commit, builds it, runs the result once, and publishes it with its build log.
    public func build(_ build: BuildPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary {
        if !job.force {
            try checkSuccession(
                of: build.name.id, by: build.plan.resolution,
                // A mirror's word for what a tag is at.
                isVouchedFor: build.plan.resolution.metadata.unverified ? false : nil,
                remedy: "--force puts it in the other's place")
        }
        return try await provision(
            build.plan, for: job, accepts: { entry in build.isSource(of: entry) && entry.addedAt > build.madeAt },
            describe: { staged in try await describe(staged, build, for: job) })
    }

    private func describe(
        _ staged: Staged, _ build: BuildPlan, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        guard let scratch = staged.scratch else {
            throw ProvisionError(.unsupported, "\(build.name.id) was not resolved to sources")
        }
        return try await keepingRemains(
            of: build.plan.item, log: staged.tree.root.appending("build.log"),
            folders: build.keepsBuild ? [("checkout", staged.source), ("scratch", scratch)] : [], for: job
        ) {
            try await withCaches(of: build, for: job) { caches in
                try await make(staged, scratch: scratch, caches: caches, build, for: job)
            }
        }
    }

    /// Runs `body` with the folder of a worker's own caches, held alone; without one where its recipe declares none.
    private func withCaches(
        of build: BuildPlan, for job: ProvisionJob, _ body: (FilePath?) async throws -> WorkerBinary
    ) async throws -> WorkerBinary {
        guard build.isSandboxed, build.recipe.caches.contains(where: { $0.mode == .private }) else {
            return try await body(nil)
        }
        return try await pipeline.withKeptFolder(
            "caches of \(build.plan.match.name):\(build.name.name)", work: "builds \(build.name.name)", for: job, body)
    }

    private func make(
        _ staged: Staged, scratch: FilePath, caches: FilePath?, _ build: BuildPlan, for job: ProvisionJob
    ) async throws -> WorkerBinary {
        let root = staged.tree.root
        let log = root.appending("build.log")
        let output: BuildOutput
        var sources: [WorkerSource] = []
        let executable: String
        job.progress(.stage("building \(build.name.id)"))
        if build.recipe.pkgbuild == nil {
            output = try await WorkerBuilder(sandbox: build.sandbox).build(
                build.recipe, checkout: staged.source, scratch: scratch, caches: caches, jobs: build.jobs,
                log: log, progress: job.building)
        } else {
            (output, sources) = try await package(
                build.work, checkout: staged.source, scratch: scratch, caches: caches, log: log, for: job)
        }
        if let package = output.root {
            executable = try move(package, program: output.binary, into: root)
        } else {
            executable = "bin/\(build.name.name)"
            try await staged.tree.copy(output.binary, to: RelativePath(executable), executable: true)
            for lock in build.recipe.lockFiles(in: staged.source) {
                try await staged.tree.copy(lock, to: RelativePath("Cargo.lock"), executable: false)
            }
        }
        try await staged.tree.scan()
        try await tryOut(
            executable, as: build.name, arguments: build.recipe.smokeTest, in: staged, build.sandbox,
            remedy: "smoke-test in its recipe names other arguments for it", for: job)
        let git = staged.resolution.git ?? build.plan.resolution.git
        return worker(
            build.name, executable: executable, in: staged, plan: build.plan,
            provenance: WorkerProvenance(
                repository: git?.url, mirror: git?.mirror, commit: git?.commit, tree: git?.tree,
                recipe: build.recipe.digest, variant: build.name.variant, toolchain: output.toolchain,
                flags: output.flags, package: output.version, sources: sources, sandboxed: output.sandboxed,
                unverified: staged.unverified || sources.contains { $0.revision == nil },
                skipped: staged.resolution.metadata.skipped.map { SkippedMirror(url: $0.url, reason: $0.reason) },
                seconds: output.seconds))
    }
}

extension WorkerProvisioner.BuildPlan {
    var origin: PackageOrigin {
        PackageOrigin(
            worker: name.name, plan: plan, configuredURL: configuredURL, allowsUnverified: allowsUnverified)
    }

    var work: PackageWork {
        PackageWork(recipe: recipe, requirements: requirements, sandbox: sandbox, jobs: jobs, origin: origin)
    }

    func isSource(of entry: WorkerBinary) -> Bool {
        entry.provenance?.commit == plan.resolution.git?.commit
            && entry.provenance?.recipe == recipe.digest
            && entry.workerType == name.variant
            && toolchain.allSatisfy { entry.provenance?.toolchain[$0.key] == $0.value }
            && (entry.provenance?.sandboxed == true || sandbox.mode == .off)
            && (allowsUnverified || entry.provenance?.sources.contains { $0.revision == nil } != true)
    }
}
