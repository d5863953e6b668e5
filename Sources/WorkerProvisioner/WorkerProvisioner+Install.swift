public import ArtifactTypes
import ContentStore
public import Pipeline
public import Provisioning
import SystemPackage
import Vendors
public import WorkerBuild
public import WorkerCatalog

/// Workers from release archives.
extension WorkerProvisioner {
    /// What `worker install` was asked for; what is nil is read from the archive's name, or said by the offer.
    public struct InstallRequest: Sendable {
        public var reference: ArtifactReference
        public var name: String?
        public var version: String?
        public var variant: Accelerator?
        public var sandbox: SandboxMode
        public var firstRun = FirstRun.usual
        /// Of an offered worker, the only form that will do; nil for prebuilt first.
        public var form: OfferedRecipe.Form?
        /// Of an offered worker: takes files that its PKGBUILD gives no strong digest of.
        public var allowsUnverified = false
        /// Of an offered worker: its PKGBUILD's functions see the network.
        public var allowsNetwork = false
        /// Compilers at once; nil for one a core.
        public var jobs: Int?

        public init(
            reference: ArtifactReference, name: String? = nil, version: String? = nil, variant: Accelerator? = nil,
            sandbox: SandboxMode = .require
        ) {
            self.reference = reference
            self.name = name
            self.version = version
            self.variant = variant
            self.sandbox = sandbox
        }

        /// What it was told that decides how the worker is made and tried, as the command line has it.
        var options: [String] {
            var words: [String] = []
            switch firstRun {
            case .arguments(let arguments): words += ["--smoke-test", arguments.joined(separator: " ")]
            case .none: words.append("--no-smoke-test")
            case .usual: break
            }
            if sandbox == .off { words += ["--sandbox", "off"] }
            if allowsUnverified { words.append("--allow-unverified") }
            if allowsNetwork { words.append("--allow-network") }
            return words
        }
    }

    /// What to do about a worker that was not built here, and whose first run fails.
    static let firstRunRemedy = "--smoke-test names other arguments for it, --no-smoke-test does without"

    static let successionRemedy = "--name gives this one a name of its own, --force puts it in the other's place"

    /// The arguments of the first run; nil for none.
    func smokeTest(of request: InstallRequest, named name: String) -> [String]? {
        switch request.firstRun {
        case .arguments(let arguments): return arguments
        case .none: return nil
        case .usual:
            let recipe = pipeline.registry.recipes.last { $0.table.name == name && !$0.table.smokeTest.isEmpty }
            return recipe?.table.smokeTest ?? ["--version"]
        }
    }

    /// An installation that could begin.
    public struct InstallPlan: Sendable {
        public let plan: Plan
        public let name: WorkerName
        let sandbox: Sandbox
        let smokeTest: [String]?
        let options: [String]
    }

    public func plan(_ request: InstallRequest, for job: ProvisionJob) async throws(ProvisionError) -> InstallPlan {
        var reference = request.reference
        if let variant = request.variant {
            reference.selector = reference.selector?.replacing("{variant}", with: variant.rawValue)
        }
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let sandbox: Sandbox
        do {
            sandbox = try await Sandbox(mode: request.sandbox, environment: environment)
        } catch {
            throw ProvisionError(worker: error)
        }
        let resolution = try await pipeline.resolve(match, known: nil, for: job)
        guard let file = resolution.files.first, resolution.files.count == 1 else {
            throw ProvisionError(
                .unsupported, "\(request.reference) is not one release archive",
                remedy: "a worker with a recipe is built with rbee-hive worker build VARIANT")
        }
        var name = WorkerName(archive: file.path.lastComponent, fallback: version(of: resolution))
        name.name = request.name ?? name.name
        name.version = request.version ?? name.version
        if let variant = request.variant, variant != name.variant { (name.variant, name.toolkit) = (variant, nil) }
        try check(name, of: file)
        job.progress(.resolved(resolution))
        return InstallPlan(
            plan: try pipeline.plan(resolution, of: match, as: StoreItem(kind: .worker, id: name.id)),
            name: name, sandbox: sandbox, smokeTest: smokeTest(of: request, named: name.name),
            options: request.options)
    }

    /// The worker, where the same release is installed already.
    public func current(_ install: InstallPlan) throws(ProvisionError) -> WorkerBinary? {
        guard let sidecar = try pipeline.held(install.plan),
            let known = try? sidecar.resolution.decoded(as: Resolution.self),
            known.isOfSamePlace(as: install.plan.resolution)
        else { return nil }
        return try WorkerBinary(sidecar)
    }

    /// Fetches and unpacks the archive, finds its executable and runs it once.
    public func install(_ install: InstallPlan, for job: ProvisionJob) async throws(ProvisionError) -> WorkerBinary {
        if !job.force {
            try checkSuccession(
                of: install.name.id, by: install.plan.resolution,
                isVouchedFor: install.plan.resolution.files.allSatisfy(\.isVouchedFor),
                remedy: Self.successionRemedy)
        }
        return try await provision(
            install.plan, for: job, accepts: { _ in true },
            describe: { staged in try await describe(staged, install, for: job) })
    }

    private func describe(
        _ staged: Staged, _ install: InstallPlan, for job: ProvisionJob
    ) async throws(ProvisionError) -> WorkerBinary {
        let program = try program(of: install, in: staged)
        do {
            try await staged.tree.makeExecutable(program)
        } catch {
            throw ProvisionError(worker: error)
        }
        try await tryOut(
            program.string, as: install.name, arguments: install.smokeTest, in: staged, install.sandbox,
            remedy: Self.firstRunRemedy,
            acceleratorRemedy: "take another archive, or this one as what it is with --variant cpu", for: job)
        return worker(
            install.name, executable: program.string, in: staged, plan: install.plan,
            provenance: WorkerProvenance(
                repository: source(of: install.plan), variant: install.name.variant,
                sandboxed: install.sandbox.mode == .require, unverified: staged.unverified, options: install.options))
    }

    /// `bin/NAME` or `NAME`, which may be links and may have lost their execute bit on the way (zip archives made on
    /// Windows have none); else the only executable, or the only one of that name.
    private func program(of install: InstallPlan, in staged: Staged) throws(ProvisionError) -> RelativePath {
        let places = ["bin/\(install.name.name)", install.name.name]
        for place in places {
            if let path = try? RelativePath(place), let file = staged.tree.file(at: path) { return file.path }
        }
        let files = staged.tree.files
        let executables = files.filter { $0.executable && !Self.isCompanion($0.path) }.map(\.path)
        if executables.count == 1 { return executables[0] }
        let named = executables.filter { $0.lastComponent == install.name.name }
        if named.count == 1 { return named[0] }
        if files.count == 1 { return files[0].path }
        let list = executables.isEmpty ? files.prefix(20).map(\.path) : executables
        throw ProvisionError(
            .selectorNotFound,
            "\(install.plan.match.reference) has no \(places[0]) or \(places[1]), and not exactly one executable: "
                + list.map(\.string).joined(separator: ", "),
            remedy: "name the executable with --name")
    }

    /// What archives have beside a program with an execute bit that means nothing: libraries, and macOS's `._` files.
    private static func isCompanion(_ path: RelativePath) -> Bool {
        let name = path.lastComponent
        return name.hasPrefix("._") || name.hasSuffix(".so") || name.contains(".so.") || name.hasSuffix(".dylib")
    }

    private func check(_ name: WorkerName, of file: RemoteFile) throws(ProvisionError) {
        let host = HostPlatform.current
        guard name.platform == host.os, name.arch ?? host.arch == host.arch else {
            throw ProvisionError(
                .unsupported,
                "\(file.path) is for \(name.platform.rawValue) \(name.arch ?? ""), this machine is \(host)",
                remedy: "install the archive for this machine")
        }
        try check(name)
    }

    func check(_ name: WorkerName) throws(ProvisionError) {
        guard name.isValid else {
            throw ProvisionError(
                .invalid, "\(name.id.visiblyEscaped) cannot be a worker's id",
                remedy: "choose letters, digits, dots and dashes with --name and --version")
        }
    }

    /// A release with its tag and asset, or a URL with its digest.
    private func source(of plan: Plan) -> String {
        var reference = plan.resolution.reference.withoutSecrets
        let digest = plan.resolution.files.first?.digest
        // That a URL's revision is a digest says that it can be pinned to that.
        if let digest, reference.isURL, reference.fragment.isEmpty, plan.resolution.revision == digest.description {
            reference.fragment = [.init(key: digest.algorithm.rawValue, value: digest.hex)]
        }
        return reference.description
    }

    /// A release's tag, else the first digits of the archive's digest.
    private func version(of resolution: Resolution) -> String {
        let hex = resolution.files.first?.digest?.hex ?? resolution.revision
        return WorkerName.version(tag: resolution.reference.revision, commit: hex.filter { $0.isHexDigit })
    }
}

extension String {
    /// A URL as messages and catalogs may have it: its query can be a secret.
    var withoutQuery: String {
        String(prefix { $0 != "?" })
    }
}
