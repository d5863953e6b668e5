import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is done with a process whose conversation is over.
enum Farewell: Sendable {
    /// It is waited for until it ends by itself.
    case wait
    /// It is ended.
    case end
}

/// The pipes of a running process. They are valid during the conversation alone.
struct Channels: Sendable {
    let tree: ProcessTree
    let input: StandardInputWriter
    let output: SubprocessOutputSequence
}

/// Starts a process, lets `converse` talk to it, and sees to it that nothing of its group is alive afterwards:
/// whether the conversation ends, throws, is cancelled or runs into the time limit.
///
/// - Throws: `ProcessError`, or what `converse` throws.
func supervise<R: Sendable>(
    _ request: ProcessRequest, then farewell: Farewell, onStart: @Sendable (Int32) -> Void = { _ in },
    onEnd: @Sendable (ProcessStatus) -> Void = { _ in }, errorOutput: @escaping @Sendable ([UInt8]) -> Void,
    converse: @escaping @Sendable (Channels) async throws -> R
) async throws -> (result: R, status: ProcessStatus) {
    _ = ignoreBrokenPipes
    guard !Task.isCancelled else { throw ProcessError.cancelled(request) }
    let company = ProcessCompany.shared.enter()
    defer { ProcessCompany.shared.leave(company) }
    let escapees = request.endsEscapees ? Escapees(company) : nil
    let configuration = try request.configuration(escapees)
    let finished: (outcome: Result<R, any Error>, ending: ProcessTree.Ending?, status: ProcessStatus)
    do {
        let result = try await unlessBusy {
            try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                let tree = ProcessTree(leader: execution.processIdentifier.value, escapees: escapees)
                onStart(tree.leader)
                let timer = request.timeout.map { limit in
                    Task {
                        try await Task.sleep(for: limit)
                        await tree.end(.timedOut)
                    }
                }
                let channels = Channels(
                    tree: tree, input: execution.standardInputWriter, output: execution.standardOutput)
                let outcome = await withTaskGroup(of: Void.self) { group in
                    group.addTask { await drain(execution.standardError, into: errorOutput) }
                    let outcome: Result<R, any Error>
                    do {
                        outcome = .success(try await converse(channels))
                    } catch {
                        outcome = .failure(error)
                    }
                    if farewell == .wait, case .success = outcome {
                        await execution.ended()
                    } else {
                        tree.noteEscapees()
                        // A failure to close is the process's having closed first.
                        try? await execution.standardInputWriter.finish()
                        await execution.teardown(using: gentleEnd)
                    }
                    // The leader is gone and its pipes end with it, even where a grandchild holds them open.
                    await group.waitForAll()
                    return outcome
                }
                timer?.cancel()
                tree.finish()
                return (outcome, tree.ending)
            }
        }
        let status = ProcessStatus(result.terminationStatus)
        let closure = result.closureResult
        finished = (closure.0, closure.1, status)
        onEnd(status)
    } catch {
        throw ProcessError(mapping: error, of: request)
    }
    if let ending = finished.ending { throw ProcessError(ending: ending, of: request) }
    return (try finished.outcome.get(), finished.status)
}

/// Starts again for a while where the program is busy: whoever forks while we write an executable holds it open for
/// writing until its own exec, and the kernel starts no file that is (ETXTBSY).
private func unlessBusy<R>(_ start: () async throws -> R) async throws -> R {
    var pause = Duration.milliseconds(1)
    while true {
        do {
            return try await start()
        } catch let error as SubprocessError
            where error.code == .spawnFailed && error.underlyingError == .textFileBusy && pause < .seconds(1)
        {
            try await Task.sleep(for: pause)
            pause *= 2
        }
    }
}

private let gentleEnd: [TeardownStep] = [
    .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: ProcessTree.grace)
]

/// Writing to a process that has closed its input would otherwise end this program. Children start with the default.
private let ignoreBrokenPipes: Void = {
    var current = sigaction()
    if sigaction(SIGPIPE, nil, &current) == 0, current.isDefault { signal(SIGPIPE, SIG_IGN) }
}()

extension sigaction {
    fileprivate var isDefault: Bool {
        #if canImport(Glibc)
            unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) == 0
        #else
            unsafeBitCast(__sigaction_u.__sa_handler, to: Int.self) == 0
        #endif
    }
}

private func drain(_ stream: SubprocessOutputSequence, into take: @Sendable ([UInt8]) -> Void) async {
    do {
        for try await piece in stream { take(piece.withUnsafeBytes { Array($0) }) }
    } catch {
        // Standard error is what a process says beside its answer: losing its end changes no outcome.
        take(Array("(the rest of standard error was lost: \(error))\n".utf8))
    }
}

extension Execution {
    /// Waits until the process has ended by itself. Signal 0 is none: the step does nothing but wait.
    fileprivate func ended() async {
        await teardown(using: [
            .send(signal: Signal(rawValue: 0), allowedDurationToNextStep: .seconds(86_400 * 3650))
        ])
    }
}

extension ProcessStatus {
    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .signalled(signal)
        }
    }
}

extension ProcessRequest {
    fileprivate func configuration(_ escapees: Escapees?) throws(ProcessError) -> Configuration {
        var environment: [Environment.Key: String] = [:]
        let mark = escapees.map { [Escapees.variable: $0.mark] } ?? [:]
        for (name, value) in self.environment.merging(mark, uniquingKeysWith: { $1 }) {
            guard !name.isEmpty, !name.contains("="), let key = Environment.Key(rawValue: name) else {
                throw ProcessError(
                    .cannotStart(errno: Errno.invalidArgument.rawValue), "not an environment variable: '\(name)'")
            }
            environment[key] = value
        }
        let texts = arguments + self.environment.flatMap { [$0.key, $0.value] }
        guard texts.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw ProcessError(
                .cannotStart(errno: Errno.invalidArgument.rawValue),
                "cannot start \(executable): a NUL in an argument or environment variable")
        }
        var options = PlatformOptions()
        // No controlling terminal, and a group that can be killed whole. Ctrl-C does not reach it.
        options.createSession = true
        options.teardownSequence = gentleEnd
        return Configuration(
            executable: .path(executable), arguments: Arguments(arguments), environment: .custom(environment),
            workingDirectory: workingDirectory, platformOptions: options)
    }
}
