import Processes
public import SystemPackage

/// Builds workers, one recipe at a time, in the sandbox that it was made with.
public struct WorkerBuilder: Sendable {
    let sandbox: Sandbox

    public init(sandbox: Sandbox) {
        self.sandbox = sandbox
    }

    /// Runs a recipe's lines in a checkout: those with network first, then those without.
    ///
    /// A line sees `variant` and `jobs` in its environment, an empty HOME that the lines of one build share, and nothing
    /// of the user's. When this returns or throws, no process of the build is alive.
    ///
    /// - Parameters:
    ///   - checkout: an absolute path, as all of these.
    ///   - scratch: an empty folder for the build's home and temporary files, on the checkout's file system; the caller
    ///     removes it.
    ///   - caches: the folder of this worker's own caches, which nobody else uses meanwhile.
    ///   - log: the file that keeps the output.
    /// - Throws: `failed` with the step and its last lines, `timedOut`, `limit`, `unsafeOutput`, `cancelled`, `io`.
    public func build(
        _ recipe: BuildRecipe, checkout: FilePath, scratch: FilePath, caches: FilePath? = nil,
        limits: BuildLimits = BuildLimits(), jobs: Int, log path: FilePath, progress: BuildProgress = BuildProgress()
    ) async throws(BuildError) -> BuildOutput {
        guard case .file(let binary) = recipe.product else {
            throw BuildError(.invalidRecipe, "\(recipe.name) is built from a PKGBUILD and has no lines")
        }
        let workshop = try Workshop(
            recipe, checkout: checkout, scratch: scratch, caches: caches, sandbox: sandbox,
            jobs: jobs)
        let run = BuildRun(
            of: recipe, in: workshop, sandbox: sandbox, limits: limits, log: try BuildLog(path, onLine: progress.line))
        for (index, step) in recipe.steps.enumerated() {
            guard case .line(let line) = step.action else { continue }
            progress.step(index + 1, recipe.steps.count, step.title)
            run.log.take("$ \(line)")
            _ = try await run.run(workshop.step(line, network: step.network), title: line)
        }
        try run.log.finish()
        let program = try program(binary, in: checkout)
        return BuildOutput(
            binary: program, root: nil, version: nil, toolchain: await run.toolVersions(recipe.tools),
            flags: workshop.flags, seconds: run.spent.inSeconds, sandboxed: sandbox.mode == .require)
    }
}
