import Processes
import Synchronization
import SystemPackage

/// The steps of one build, one after another: watched, logged, and within one time limit together.
final class BuildRun: Sendable {
    let workshop: Workshop
    let log: BuildLog
    private let recipe: BuildRecipe
    private let sandbox: Sandbox
    private let limits: BuildLimits
    private let time = Mutex(Duration.zero)

    init(of recipe: BuildRecipe, in workshop: Workshop, sandbox: Sandbox, limits: BuildLimits, log: BuildLog) {
        self.recipe = recipe
        self.workshop = workshop
        self.sandbox = sandbox
        self.limits = limits
        self.log = log
    }

    /// What the steps so far took.
    var spent: Duration { time.withLock { $0 } }

    /// - Throws: `failed` where it ends with another status than 0, `timedOut`, `limit`, `cancelled`, `io`; each with the
    ///   step's title and the last lines.
    ///
    /// - Parameter time: of this step alone; nil for what is left of the build's.
    func run(
        _ step: SandboxedStep, title: String, within time: Duration? = nil
    ) async throws(BuildError) -> ProcessOutcome {
        var step = step
        step.limits = limits
        step.timeout = limits.time - spent
        if let time, time < limits.time - spent {
            step.timeout = time
            step.limits.time = time
        }
        let clock = ContinuousClock()
        let start = clock.now
        defer { self.time.withLock { $0 += clock.now - start } }
        let outcome: ProcessOutcome
        do {
            outcome = try await sandbox.run(
                step, watchdog: Watchdog(limits: limits, folders: workshop.watched)
            ) { [log] in log.take($0) }
        } catch var error {
            error.step = title
            error.lastLines = log.tail
            error.message = "\(recipe.name) \(recipe.variant): '\(title)': \(error.message)"
            throw error
        }
        guard outcome.succeeded else {
            throw BuildError(
                .failed, "\(recipe.name) \(recipe.variant): '\(title)' ended with \(outcome.status)", step: title,
                lastLines: log.tail)
        }
        return outcome
    }

    func toolVersions(_ tools: [String]) async -> [String: String] {
        await WorkerBuild.toolVersions(
            tools, folders: workshop.folders, environment: sandbox.environment, sandboxed: sandbox.mode == .require)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
