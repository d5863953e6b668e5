import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sees to it that a sandbox is dead.
///
/// Everything inside it dies with its first process, and the kernel lets that one vanish only after all others. It dies
/// with bubblewrap; but not at the same instant, and not at all if bubblewrap was killed before it had asked for that.
/// Its command line has the marker, as no one else's.
enum SandboxProcesses {
    /// Kills what is left of the sandbox, and returns once nothing of it is there. Not cut short by cancellation.
    static func end(marker: String) async {
        await Task.detached {
            while true {
                let living = processes(markedBy: "/run/\(marker)")
                if living.isEmpty { return }
                for process in living { _ = kill(process, SIGKILL) }
                // A detached task is never cancelled.
                try? await Task.sleep(for: .milliseconds(5))
            }
        }.value
    }

    private static func processes(markedBy word: String) -> [Int32] {
        ProcessTable.identifiers().filter { process in
            guard let line = smallFile("/proc/\(process)/cmdline") else { return false }
            return line.split(separator: 0).contains { $0.elementsEqual(word.utf8) }
        }
    }
}
