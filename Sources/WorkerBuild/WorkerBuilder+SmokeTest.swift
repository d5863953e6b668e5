public import ArtifactTypes
import Processes
public import SystemPackage

extension WorkerBuilder {
    /// Runs a worker once, in the sandbox and without network, as it lies: it sees the system's libraries, the folder
    /// that it will be kept in, and nothing of its build.
    ///
    /// - Parameter root: the folder that it is kept in; nil for the one that it lies in.
    /// - Throws: `smokeTestFailed` where it does not end with status 0 within a minute; `cancelled`, `io`.
    public func smokeTest(_ binary: FilePath, arguments: [String], in root: FilePath? = nil)
        async throws(BuildError)
    {
        let root = root ?? binary.removingLastComponent()
        let limits = BuildLimits(time: .seconds(60), disk: 1 << 30, processes: 1024)
        let folders = ToolFolders(environment: sandbox.environment, toolchains: [])
        var step = SandboxedStep(
            command: [], mounts: folders.mounts, devices: true, limits: limits, timeout: limits.time)
        step.mounts.append(Mount(readOnly: root, at: "/worker"))
        step.workingDirectory = root
        step.command = [step.inside(binary, sandbox.mode).string] + arguments
        // No home, and a /tmp that is gone with it.
        step.variables = ["HOME": "/nonexistent", "TMPDIR": "/tmp"]
        let name = binary.lastComponent?.string ?? binary.string
        let outcome: ProcessOutcome
        do {
            outcome = try await sandbox.run(step, watchdog: Watchdog(limits: limits, folders: [])) { _ in }
        } catch  where error.code == .timedOut || error.code == .limit {
            throw BuildError(.smokeTestFailed, "\(name): its first run was \(error.message)")
        }
        guard outcome.succeeded else {
            let command = ([name] + arguments).joined(separator: " ")
            throw BuildError(
                .smokeTestFailed, "\(name): its first run ended with \(outcome.status)", step: command,
                lastLines: outcome.lastLines)
        }
    }

    /// Sees whether a worker that is named for an accelerator is really made for it. See `AcceleratorEvidence`.
    ///
    /// - Parameter root: the folder that its own libraries may lie in; nil for the one that it lies in.
    /// - Throws: `acceleratorMissing`, `io`.
    public func checkAccelerator(of binary: FilePath, variant: Accelerator, in root: FilePath? = nil)
        async throws(BuildError)
    {
        guard let evidence = AcceleratorEvidence(variant) else { return }
        do {
            if try evidence.isIn(binary, root: root ?? binary.removingLastComponent()) { return }
        } catch {
            throw BuildError(.io, "cannot read \(binary): \(error)")
        }
        let name = binary.lastComponent?.string ?? binary.string
        throw BuildError(
            .acceleratorMissing,
            "\(name): built as \(variant), but neither linked to its runtime (\(evidence.libraries.joined(separator: ", "))) "
                + "nor carrying code for it: it computes on the processor",
            remedy: "see that the recipe turns \(variant) on")
    }
}
