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
/// While it lives its command line has the marker, as no one else's. Once it is on its way out it has no command line
/// any more, but still its name.
enum SandboxProcesses {
    /// Kills what is left of the sandbox, and returns once nothing of it is there. Not cut short by cancellation.
    static func end(marker: String) async {
        let word = "/run/\(marker)"
        await Task.detached {
            while true {
                var isGone = true
                for process in ProcessTable.identifiers() {
                    if commandLine(of: process, has: word) {
                        _ = kill(process, SIGKILL)
                        isGone = false
                    } else if isLeaving(process) {
                        // This one or another build's: it is a matter of milliseconds.
                        isGone = false
                    }
                }
                if isGone { return }
                // A detached task is never cancelled.
                try? await Task.sleep(for: .milliseconds(5))
            }
        }.value
    }

    private static func commandLine(of process: Int32, has word: String) -> Bool {
        guard let line = smallFile("/proc/\(process)/cmdline") else { return false }
        return line.split(separator: 0).contains { $0.elementsEqual(word.utf8) }
    }

    /// Whether it is a bubblewrap that has begun to exit and waits for the processes of its namespace. A zombie waits for
    /// nobody any more.
    private static func isLeaving(_ process: Int32) -> Bool {
        guard let status = ProcessTable.status(of: process), status.name == "bwrap" else { return false }
        return status.isExiting && status.state != "Z" && status.state != "X"
    }
}
