import Foundation
import Processes
import Provisioning
import SystemPackage

/// Shuts a plug-in in that writes files: bubblewrap shows it the machine as it is, read-only but for one folder. What it
/// starts dies with it.
struct PluginConfinement: Sendable {
    private let bubblewrap: FilePath
    private let folder: FilePath

    /// - Parameters:
    ///   - folder: the one that may be written to.
    ///   - path: where bubblewrap is looked for.
    /// - Throws: `.sandboxUnavailable` where there is none.
    init(to folder: FilePath, path: String?) throws(ProvisionError) {
        guard let bubblewrap = findExecutable("bwrap", path: path) else {
            throw ProvisionError(
                .sandboxUnavailable,
                "a vendor that fetches by itself is shut in by bubblewrap, and bwrap is not in PATH",
                remedy: "install bubblewrap")
        }
        self.bubblewrap = bubblewrap
        self.folder = folder
    }

    func applied(to process: PluginProcess) -> PluginProcess {
        var process = process
        // The first bind hides no mount of the system's: each is bound with it.
        process.arguments =
            [
                "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--new-session", "--cap-drop", "ALL",
                "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
                // In memory, for scratch files.
                "--size", "\(256 << 20)", "--tmpfs", "/dev/shm", "--setenv", "TMPDIR", "/dev/shm", "--bind",
                folder.string, folder.string, "--",
                process.executable.string,
            ] + process.arguments
        process.executable = bubblewrap
        return process
    }

    /// What it means where bubblewrap itself had the last word; nil where it had not.
    static func refusal(saidBy line: String?) -> ProvisionError? {
        guard let line, line.hasPrefix("bwrap: ") else { return nil }
        return ProvisionError(
            .sandboxUnavailable, "bubblewrap cannot start: \(line.dropFirst("bwrap: ".count))",
            remedy: "rbee-hive doctor tells what this machine's kernel lacks")
    }
}
