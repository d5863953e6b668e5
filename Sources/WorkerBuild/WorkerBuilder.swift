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
    ///   - log: the file that keeps the output.
    ///   - onLine: called for every line of output.
    /// - Throws: `failed` with the step and its last lines, `timedOut`, `limit`, `unsafeOutput`, `cancelled`, `io`.
    public func build(
        _ recipe: BuildRecipe, checkout: FilePath, scratch: FilePath, limits: BuildLimits = BuildLimits(),
        jobs: Int, log path: FilePath, onLine: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(BuildError) -> BuildOutput {
        let clock = ContinuousClock()
        let start = clock.now
        let log = try BuildLog(path, onLine: onLine)
        let workshop = try Workshop(recipe, checkout: checkout, scratch: scratch, sandbox: sandbox, jobs: jobs)
        let lines = recipe.network.map { ($0, true) } + recipe.build.map { ($0, false) }
        for (line, network) in lines {
            log.take("$ \(line)")
            var step = workshop.step(line, network: network, limits: limits)
            step.timeout = limits.time - (clock.now - start)
            let outcome = try await run(step, line: line, in: workshop, log)
            guard outcome.succeeded else {
                throw BuildError(
                    .failed, "\(recipe.name) \(recipe.variant): '\(line)' ended with \(outcome.status)",
                    remedy: "the output is in \(path)", step: line, lastLines: log.tail)
            }
        }
        try log.finish()
        let binary = try program(recipe.binary, in: checkout)
        let versions = await toolVersions(
            recipe.tools, folders: workshop.folders, environment: sandbox.environment,
            sandboxed: sandbox.mode == .require)
        return BuildOutput(
            binary: binary, toolchain: versions, seconds: (clock.now - start).inSeconds,
            sandboxed: sandbox.mode == .require)
    }

    private func run(_ step: SandboxedStep, line: String, in workshop: Workshop, _ log: BuildLog)
        async throws(BuildError) -> ProcessOutcome
    {
        do {
            return try await sandbox.run(
                step, watchdog: Watchdog(limits: step.limits, folders: [workshop.checkout, workshop.scratch])
            ) { log.take($0) }
        } catch var error {
            error.step = line
            error.lastLines = log.tail
            throw error
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
