import Processes
import Synchronization
import SystemPackage

extension Sandbox {
    /// Runs a step to its end, watched. When this returns or throws, nothing of it is alive; without a sandbox, nothing
    /// that stayed in its process group.
    ///
    /// - Throws: `timedOut`, `limit`, `cancelled`, `io`.
    func run(_ step: SandboxedStep, watchdog: Watchdog, onLine: @escaping @Sendable (String) -> Void)
        async throws(BuildError) -> ProcessOutcome
    {
        if let mount = step.mounts.first(where: { !$0.source.isAbsolute }) {
            throw BuildError(.io, "\(mount.source) is no absolute path")
        }
        let marker = "build-\(UInt64.random(in: .min ... .max))"
        let request = request(for: step, marker: marker)
        let result: Result<ProcessOutcome, any Error>
        do {
            result = .success(try await watched(request, by: watchdog, onLine: onLine))
        } catch {
            result = .failure(error)
        }
        if mode == .require { await SandboxProcesses.end(marker: marker) }
        do {
            return try result.get()
        } catch let error as BuildError {
            throw error
        } catch let error as ProcessError {
            switch error.code {
            case .outputLimit:
                throw BuildError(.limit, "killed: it prints more than \(step.outputLimit ?? 0) bytes")
            case .timedOut:
                throw BuildError(.timedOut, "killed: the time limit of \(step.limits.time) is over")
            case .cancelled:
                throw BuildError(.cancelled, "cancelled")
            default:
                throw BuildError(.io, error.message)
            }
        } catch {
            throw BuildError(error is CancellationError ? .cancelled : .io, "\(error)")
        }
    }

    private func watched(
        _ request: ProcessRequest, by watchdog: Watchdog, onLine: @escaping @Sendable (String) -> Void
    ) async throws -> ProcessOutcome {
        let (started, startedContinuation) = AsyncStream.makeStream(of: Int32.self)
        return try await withThrowingTaskGroup(of: ProcessOutcome?.self) { group in
            group.addTask {
                defer { startedContinuation.finish() }
                return try await Processes.run(
                    request,
                    onLine: { line in
                        if request.outputLimit == nil || line.stream == .error { onLine(line.text) }
                    },
                    onStart: { startedContinuation.yield($0) })
            }
            group.addTask {
                for await leader in started { try await watchdog.watch(leader) }
                return nil
            }
            // Whoever is first ends the other: the process its watch, an excess the process.
            while let outcome = try await group.next() {
                guard let outcome else { continue }
                group.cancelAll()
                return outcome
            }
            throw CancellationError()
        }
    }
}
