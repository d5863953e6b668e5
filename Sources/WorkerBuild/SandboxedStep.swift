import Processes
import SystemPackage

/// A command, and what of this machine it sees. Paths are this machine's; the sandbox translates them.
struct SandboxedStep: Sendable {
    var command: [String]
    var mounts: [Mount] = []
    var workingDirectory: FilePath?
    var variables: [String: String] = [:]
    /// Folders that programs are looked up in.
    var searchPath: [FilePath] = ["/usr/local/bin", "/usr/bin", "/bin"]
    var network = false
    /// Whether graphics devices are shown, for a first run of what computes on them.
    var devices = false
    /// Whether it sees itself as root, with no more rights: a package's files are given to root.
    var asRoot = false
    /// Bytes of standard output that are kept for us, and are no lines of output then.
    var outputLimit: Int?
    var limits = BuildLimits()
    var timeout: Duration?

    /// Where the step finds `path` of this machine.
    func inside(_ path: FilePath, _ mode: SandboxMode) -> FilePath {
        guard mode == .require else { return path }
        for mount in mounts {
            var rest = path.lexicallyNormalized()
            if rest.removePrefix(mount.source.lexicallyNormalized()) { return mount.target.appending(rest.components) }
        }
        return path
    }
}

extension Sandbox {
    /// The whole command line of a step.
    ///
    /// - Parameter marker: a name by which the sandbox's processes are found again, whatever becomes of their parent.
    func request(for step: SandboxedStep, marker: String) -> ProcessRequest {
        var environment = step.variables
        environment["PATH"] = step.searchPath.map { step.inside($0, mode).string }.joined(separator: ":")
        environment["LANG"] = "C.UTF-8"
        if step.network { environment.merge(proxies) { $1 } }
        var command = step.command
        if let limiter { command = [limiter.string] + step.limits.arguments(mode) + command }
        guard let bubblewrap else {
            return ProcessRequest(
                executable: FilePath(command[0]), arguments: Array(command.dropFirst()), environment: environment,
                workingDirectory: step.workingDirectory, timeout: step.timeout, outputLimit: step.outputLimit)
        }
        return ProcessRequest(
            executable: bubblewrap, arguments: arguments(for: step, marker: marker) + ["--"] + command,
            environment: environment, workingDirectory: "/", timeout: step.timeout, outputLimit: step.outputLimit)
    }

    private func arguments(for step: SandboxedStep, marker: String) -> [String] {
        var arguments = ["--unshare-all", "--new-session", "--die-with-parent", "--cap-drop", "ALL"]
        if deniesNamespaces { arguments += ["--unshare-user", "--disable-userns"] }
        // The machine's name ends up in programs, and says who built them.
        arguments += ["--hostname", "localhost"]
        if step.network { arguments.append("--share-net") }
        if step.asRoot { arguments += ["--uid", "0", "--gid", "0"] }
        arguments += SystemMounts.arguments(network: step.network)
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        if step.devices { arguments += Self.graphicsDevices.flatMap { ["--dev-bind-try", $0, $0] } }
        // In memory, and bounded. A build has a /tmp on the disk, mounted over this one.
        arguments += ["--size", "67108864", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
        arguments += ["--size", "268435456", "--tmpfs", "/tmp"]
        arguments += ["--dir", "/run/\(marker)"]
        for mount in step.mounts { arguments += mount.arguments }
        if let folder = step.workingDirectory { arguments += ["--chdir", step.inside(folder, mode).string] }
        return arguments + ["--remount-ro", "/"]
    }

    private static let graphicsDevices = [
        "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/kfd", "/dev/dri",
    ]

    /// The user's proxies, without those that have a password in them: no secret enters the sandbox.
    private var proxies: [String: String] {
        let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
        return environment.filter { names.contains($0.key.lowercased()) && !$0.value.contains("@") }
    }
}
