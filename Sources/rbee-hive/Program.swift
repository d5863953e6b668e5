import ArgumentParser
import ArtifactTypes
import Dispatch
import Foundation
import Hive
import Provisioning
import Synchronization

/// Runs a command's work: opens the hive, turns signals into cancellation, and an error into its message and exit code.
enum Program {
    /// - Parameters:
    ///   - resumes: whether the same command goes on from where it was interrupted.
    ///   - adjust: changes what the common options give.
    ///   - work: gets the opened hive; a `ProvisionError` that it throws is shown on stderr.
    static func run(
        _ options: GlobalOptions, resumes: Bool = true,
        adjust: @escaping @Sendable (inout HiveConfiguration) -> Void = { _ in },
        _ work: @escaping @Sendable (Hive) async throws -> Void
    ) async throws {
        do {
            try await interruptible(resumes: resumes) {
                let hive = try options.open(adjust)
                try await work(hive)
            }
        } catch let error as ProvisionError {
            Console.error(error)
            throw ExitCode(error.code.exitStatus)
        }
    }

    /// A second signal that comes sooner is the first one again: `timeout` sends its own to the program, and then to all
    /// of its group.
    private static let oneWish = Duration.milliseconds(300)

    /// Runs `work` in a task that the first SIGINT or SIGTERM cancels. A second one ends the program at once: what is on
    /// disk survives that as it survives SIGKILL.
    private static func interruptible(resumes: Bool, _ work: @escaping @Sendable () async throws -> Void) async throws {
        // A write beyond a limit on the size of files is an error like any other.
        signal(SIGXFSZ, SIG_IGN)
        Hive.adoptOrphans()
        let task = Task { try await work() }
        let received = Mutex<(number: Int32, at: ContinuousClock.Instant)?>(nil)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let isSecond = received.withLock { first in
                    if let first { return first.at.duration(to: .now) > oneWish }
                    first = (number, .now)
                    return false
                }
                if isSecond { _exit(128 + number) } else { task.cancel() }
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do {
            try await task.value
        } catch {
            guard let number = received.withLock({ $0?.number }) else { throw error }
            Console.note(resumes ? "interrupted; the same command goes on from there" : "interrupted")
            throw ExitCode(128 + number)
        }
    }
}
