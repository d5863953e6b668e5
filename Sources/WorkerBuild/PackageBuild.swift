import ArtifactTypes
import Processes
public import SystemPackage

/// A worker built from a PKGBUILD, in this order: `evaluate`, its sources into `sources` by whoever can fetch,
/// `check(_:of:)` for each of them, `build`.
public struct PackageBuild: Sendable {
    /// `$srcdir`: what the sources are put into, under their own names.
    public let sources: FilePath
    /// `$startdir`: where the PKGBUILD lies, and the files that it names.
    public let folder: FilePath
    public let checkout: FilePath
    private let recipe: BuildRecipe
    private let builder: WorkerBuilder
    private let run: BuildRun
    private let progress: BuildProgress
    private let package: FilePath
    private let file: FilePath

    /// - Parameters: as of `WorkerBuilder.build`.
    /// - Throws: `invalidRecipe` where the checkout has no such PKGBUILD; `io`.
    public init(
        _ recipe: BuildRecipe, with builder: WorkerBuilder, checkout: FilePath, scratch: FilePath,
        caches: FilePath? = nil,
        limits: BuildLimits = BuildLimits(), jobs: Int, log path: FilePath, progress: BuildProgress = BuildProgress()
    ) throws(BuildError) {
        guard let pkgbuild = recipe.pkgbuild else {
            throw BuildError(.invalidRecipe, "\(recipe.name) has no PKGBUILD")
        }
        self.recipe = recipe
        self.checkout = checkout
        self.builder = builder
        self.progress = progress
        let workshop = try Workshop(
            recipe, checkout: checkout, scratch: scratch, caches: caches, sandbox: builder.sandbox,
            jobs: jobs)
        run = BuildRun(
            of: recipe, in: workshop, sandbox: builder.sandbox, limits: limits,
            log: try BuildLog(path, onLine: progress.line))
        let text: [UInt8]
        switch pkgbuild {
        case .checkout(let path):
            folder = path.parent.map { checkout.appending($0.string) } ?? checkout
            text = try packageBuildFile(path, in: checkout)
        case .url(let url):
            folder = checkout
            guard let given = recipe.pkgbuildText else {
                throw BuildError(.invalidRecipe, "the PKGBUILD of \(recipe.name) at \(url) was not fetched")
            }
            text = given
        }
        sources = scratch.appending("src")
        package = scratch.appending("pkg")
        // A copy of its own: no step changes what the next one reads.
        file = scratch.appending("PKGBUILD")
        for folder in [sources, package] { try makeFolder(folder) }
        try writeFile(text, to: file)
    }

    /// What bash makes of the PKGBUILD. It sees the checkout as it is and changes nothing.
    ///
    /// - Parameter time: what is enough for any that only says what it is.
    /// - Throws: `invalidRecipe` where it cannot be read or lacks what it must say; and as a step.
    public func evaluate(within time: Duration = .seconds(60)) async throws(BuildError) -> PackageDescription {
        var step = step("read", changes: [])
        step.outputLimit = 8 << 20
        let processor = HostPlatform.current.arch
        let names = PackageScript.variables + PackageScript.extended.flatMap { [$0, "\($0)_\(processor)"] }
        step.variables["rbee_variables"] = names.joined(separator: " ")
        do {
            let outcome = try await run.run(step, title: "reading the PKGBUILD", within: time)
            return try PackageDescription(outcome.output, processor: processor)
        } catch  where error.code == .failed {
            var error = error
            error.code = .invalidRecipe
            throw error
        }
    }

    /// Makes the index of a source's `.git`, so that git sees the files as they were committed. Where it has none, or this
    /// machine no git, there is nothing to do.
    public func readIndex(of source: PackageSource) async throws(BuildError) {
        guard let git = run.workshop.folders.find("git", sandboxed: builder.sandbox.mode == .require),
            isFolder(sources.appending(source.name.string).appending(".git"))
        else { return }
        var step = step("", changes: [.sources])
        let folder = step.inside(sources.appending(source.name.string), builder.sandbox.mode).string
        step.command = [git.string, "-C", folder, "-c", "safe.directory=*", "read-tree", "HEAD"]
        step.outputLimit = 64 << 10
        _ = try await run.run(step, title: "git read-tree \(source.name)")
    }

    /// Compares a source with the sums that the PKGBUILD gives of it.
    ///
    /// - Throws: `wrongSource` where one differs.
    public func check(_ file: FilePath, of source: PackageSource) async throws(BuildError) {
        for sum in source.sums {
            let program = "/usr/bin/\(sum.algorithm.rawValue)sum"
            var step = SandboxedStep(command: [program, "--"], mounts: [Mount(readOnly: file, at: "/build/source")])
            step.command.append(step.inside(file, builder.sandbox.mode).string)
            step.outputLimit = 64 << 10
            let outcome = try await run.run(step, title: "\(sum.algorithm.rawValue)sum \(source.name)")
            // A backslash precedes the digest of a file with a strange name.
            let found = outcome.text.drop { $0 == "\\" }.prefix { $0 != " " }
            guard found == sum.hex else {
                throw BuildError(
                    .wrongSource,
                    "source \(source.name) has the \(sum.algorithm.rawValue)sum \(found), and the PKGBUILD says \(sum.hex)",
                    remedy: "see whether the PKGBUILD or the file is out of date")
            }
        }
    }

    /// Runs the PKGBUILD's functions, and finds the program among what `package()` leaves.
    ///
    /// A `pkgver()` that fails is told and the PKGBUILD's own version stays: there is no history here for it to count.
    public func build(_ evaluated: PackageDescription) async throws(BuildError) -> BuildOutput {
        let recipe = try BuildRecipe(self.recipe, evaluated: evaluated)
        var version: String?
        for (index, one) in recipe.steps.enumerated() {
            guard case .function(let function) = one.action else { continue }
            progress.step(index + 1, recipe.steps.count, one.title)
            run.log.take("$ \(one.title)")
            var step = step(function.name, changes: changes(in: function), network: one.network)
            step.variables["rbee_pkgver"] = version ?? ""
            switch function {
            case .pkgver: version = try await self.version(step)
            case .package:
                step.asRoot = builder.sandbox.mode == .require
                fallthrough
            default:
                do {
                    _ = try await run.run(step, title: one.title)
                } catch var error where error.code == .failed && !one.network {
                    error.remedy =
                        recipe.offer == nil
                        ? "it had no network; if it needs one, name \(function.name) in the table's 'network'"
                        : "it had no network; if it needs one, allow it with --allow-network"
                    throw error
                }
            }
        }
        try run.log.finish()
        guard case .package(let path, let names) = recipe.product else {
            throw BuildError(.invalidRecipe, "\(recipe.name) packages nothing")
        }
        let program = try packagedProgram(path, names: names, in: package)
        return BuildOutput(
            binary: program, root: package, version: version.map { evaluated.version(with: $0) } ?? evaluated.version,
            toolchain: await run.toolVersions(recipe.tools), flags: run.workshop.flags, seconds: run.spent.inSeconds,
            sandboxed: builder.sandbox.mode == .require)
    }

    private func version(_ step: SandboxedStep) async throws(BuildError) -> String? {
        var step = step
        step.outputLimit = 64 << 10
        let reason: String
        do {
            let text = try await run.run(step, title: "pkgver()").text
            let version = String(text.reversed().drop { $0.isNewline }.reversed())
            if PackageDescription.isVersion(version) { return version }
            reason = "it printed '\(String(version.prefix(100)).visiblyEscaped)', which is no version"
        } catch  where error.code == .failed {
            reason = error.message
        }
        run.log.take("pkgver() says nothing, so the PKGBUILD's own version stays: \(reason)")
        return nil
    }

    private enum Place { case checkout, sources, package }

    /// As makepkg has it: `package()` alone puts anything under `$pkgdir`.
    private func changes(in function: PackageFunction) -> [Place] {
        if case .package = function { [.checkout, .sources, .package] } else { [.checkout, .sources] }
    }

    private func step(_ word: String, changes: [Place], network: Bool = false) -> SandboxedStep {
        let mode = builder.sandbox.mode
        func mount(_ place: Place, _ folder: FilePath, _ target: FilePath) -> Mount {
            changes.contains(place) ? Mount(writable: folder, at: target) : Mount(readOnly: folder, at: target)
        }
        let mounts = [
            mount(.checkout, run.workshop.checkout, "/build/checkout"), mount(.sources, sources, "/build/src"),
            mount(.package, package, "/build/pkg"), Mount(readOnly: file, at: "/build/PKGBUILD"),
        ]
        var step = run.workshop.step(PackageScript.command(word), network: network, more: mounts)
        step.workingDirectory = folder
        for (name, path) in [
            ("rbee_srcdir", sources), ("rbee_pkgdir", package), ("rbee_startdir", folder), ("rbee_pkgbuild", file),
        ] {
            step.variables[name] = step.inside(path, mode).string
        }
        step.variables["rbee_pkgver"] = ""
        step.variables["MAKEFLAGS"] = "-j\(step.variables["jobs"] ?? "1")"
        return step
    }
}

/// Writes a small file of ours.
func writeFile(_ bytes: [UInt8], to path: FilePath) throws(BuildError) {
    do {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
        _ = try file.closeAfter { try file.writeAll(bytes) }
    } catch {
        throw BuildError(.io, "cannot write \(path): \(error)")
    }
}
