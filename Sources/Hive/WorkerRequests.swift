public import ArtifactTypes
import Pipeline
public import Provisioning
import WorkerBuild
import WorkerProvisioner

extension Hive {
    /// What `worker build` is asked for.
    public struct BuildRequest: Sendable {
        public var variant: Accelerator
        /// Which worker; nil for the default one.
        public var worker: String?
        /// A branch, tag or commit instead of the configured one.
        public var revision: String?
        /// False on the user's own word alone: then a recipe may do whatever the user may.
        public var sandboxed: Bool
        /// Compilers at once; nil for one a core.
        public var jobs: Int?
        /// A repository instead of the configured one and its mirrors.
        public var source: String?
        /// Takes sources of a PKGBUILD that it gives no strong digest of.
        public var allowsUnverified: Bool
        /// Leaves the checkout and all that was built in it.
        public var keepsBuild: Bool

        public init(
            variant: Accelerator, worker: String? = nil, revision: String? = nil, sandboxed: Bool = true,
            jobs: Int? = nil, source: String? = nil, allowsUnverified: Bool = false, keepsBuild: Bool = false
        ) {
            self.variant = variant
            self.worker = worker
            self.revision = revision
            self.sandboxed = sandboxed
            self.jobs = jobs
            self.source = source
            self.allowsUnverified = allowsUnverified
            self.keepsBuild = keepsBuild
        }

        var provisioned: WorkerProvisioner.BuildRequest {
            WorkerProvisioner.BuildRequest(
                variant: variant, worker: worker, revision: revision, sandbox: sandboxed ? .require : .off, jobs: jobs,
                source: source, allowsUnverified: allowsUnverified, keepsBuild: keepsBuild)
        }
    }

    /// What `worker install` is asked for; what is nil is read from the archive's name.
    public struct InstallRequest: Sendable {
        public var reference: ArtifactReference
        public var name: String?
        public var version: String?
        public var variant: Accelerator?
        /// Whether the executable's first run is confined.
        public var sandboxed: Bool
        public var firstRun = FirstRun.usual
        /// Of a worker that is named and not where it lies: the only form that will do; nil for prebuilt first.
        public var form: OfferedRecipe.Form?
        /// Likewise: takes files that its PKGBUILD gives no strong digest of.
        public var allowsUnverified = false
        /// Likewise: the functions of its PKGBUILD see the network.
        public var allowsNetwork = false
        /// Likewise: compilers at once; nil for one a core.
        public var jobs: Int?

        public init(
            reference: ArtifactReference, name: String? = nil, version: String? = nil, variant: Accelerator? = nil,
            sandboxed: Bool = true
        ) {
            self.reference = reference
            self.name = name
            self.version = version
            self.variant = variant
            self.sandboxed = sandboxed
        }

        var provisioned: WorkerProvisioner.InstallRequest {
            var request = WorkerProvisioner.InstallRequest(
                reference: reference, name: name, version: version, variant: variant,
                sandbox: sandboxed ? .require : .off)
            request.firstRun = firstRun
            request.form = form
            request.allowsUnverified = allowsUnverified
            request.allowsNetwork = allowsNetwork
            request.jobs = jobs
            return request
        }
    }

    /// What a build would run, and on which commit.
    public struct BuildPlan: Sendable, Encodable {
        public let id: String
        public let repository: String?
        public let commit: String?
        public let directory: String?
        /// The steps in their order; none where a PKGBUILD has them, which only the checkout will bring.
        public let steps: [Step]
        /// Where the PKGBUILD lies: a path in the checkout, or a URL.
        public let pkgbuild: String?
        /// The program, in the checkout or the package.
        public let binary: String?
        /// Tools that must be on the machine.
        public let requires: [String]
        /// What each required tool says of its version.
        public let toolchain: [String: String]
        public let sandboxed: Bool
        /// Whether the same inputs have been built here already.
        public let isBuilt: Bool

        public struct Step: Sendable, Encodable {
            public let run: String
            public let network: Bool
        }

        init(_ plan: WorkerProvisioner.BuildPlan, isBuilt: Bool) {
            self.isBuilt = isBuilt
            id = plan.name.id
            repository = plan.plan.resolution.git?.url
            commit = plan.plan.resolution.git?.commit
            directory = plan.recipe.directory?.string
            steps = plan.recipe.steps.map { Step(run: $0.title, network: $0.network) }
            pkgbuild = plan.recipe.pkgbuild?.description
            binary =
                switch plan.recipe.product {
                case .file(let path): path.string
                case .package(let path, _): path?.string
                }
            requires = plan.recipe.tools
            toolchain = plan.toolchain
            sandboxed = plan.isSandboxed
        }
    }
}
