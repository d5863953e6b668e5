import ArtifactTypes
import Processes
import SystemPackage

/// Watches what a build takes, since bubblewrap has no quota and the kernel's limits bind one process at a time.
struct Watchdog: Sendable {
    let limits: BuildLimits
    /// What counts against the disk limit.
    let folders: [FilePath]

    /// A fork bomb makes some thousands in this time, and dies with its namespace.
    private static let interval = Duration.milliseconds(200)

    /// Watches until cancelled.
    ///
    /// - Throws: `limit`, saying which.
    func watch(_ leader: Int32) async throws {
        let clock = ContinuousClock()
        var nextWalk = clock.now
        while true {
            try await Task.sleep(for: Self.interval)
            let usage = ProcessTable.usage(of: leader)
            if usage.threads > limits.processes {
                throw BuildError(.limit, "the build runs more than \(limits.processes) processes and threads")
            }
            if usage.memory > limits.memory {
                throw BuildError(.limit, "the build takes more than \(ByteCount(limits.memory)) of memory")
            }
            guard clock.now >= nextWalk else { continue }
            let start = clock.now
            if diskUsage(of: folders) > limits.disk {
                throw BuildError(.limit, "the build takes more than \(ByteCount(limits.disk)) of disk")
            }
            // A walk over a large tree takes its time: it may cost a twentieth of a core.
            nextWalk = clock.now + (clock.now - start) * 20
        }
    }
}
