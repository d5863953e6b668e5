import ArtifactTypes
import Processes
import SystemPackage

/// Whether a build is shut in.
public enum SandboxMode: String, Sendable, CaseIterable {
    /// In bubblewrap, or not at all.
    case require
    /// The user's explicit word: the build runs as the user, with all that the user may do.
    case off
}

/// Runs what comes from elsewhere (a recipe's lines, a worker that was built or downloaded) so that it reaches nothing
/// of the user's:
///
/// - files: the system read-only, the build's own folders, a private /tmp and an empty home; no other path exists;
/// - environment: what the step is given, nothing inherited;
/// - network: none, save for steps that declare it; then the machine's own, loopback and abstract sockets included;
/// - processes: a PID namespace, so that none sees another's and none outlives the step; no capability, no terminal, no
///   user namespace of its own.
///
/// It fails closed: where it cannot be set up nothing runs.
public struct Sandbox: Sendable {
    public let mode: SandboxMode
    /// The user's, for PATH, proxies and toolchains.
    let environment: [String: String]
    let bubblewrap: FilePath?
    let limiter: FilePath?
    /// Whether what runs inside may make no user namespace of its own, by which most holes of kernels are reached.
    private(set) var deniesNamespaces = false

    /// Finds bubblewrap in PATH and sees whether the kernel lets it work.
    ///
    /// - Throws: `sandboxUnavailable`, naming the package or the kernel's setting; `cancelled`.
    public init(mode: SandboxMode, environment: [String: String]) async throws(BuildError) {
        self.mode = mode
        self.environment = environment
        limiter = findExecutable("prlimit", path: environment["PATH"])
        bubblewrap = mode == .off ? nil : findExecutable("bwrap", path: environment["PATH"])
        guard mode == .require else { return }
        deniesNamespaces = true
        do {
            try await probe()
        } catch  where error.code == .sandboxUnavailable && bubblewrap != nil {
            // bubblewrap before 0.8 cannot; what else it does is the same.
            deniesNamespaces = false
            try await probe()
        }
    }

    private func probe() async throws(BuildError) {
        guard bubblewrap != nil else {
            #if os(Linux)
                let remedy = "install bubblewrap, or say --sandbox=off to build without"
            #else
                let remedy = "there is none for this system; say --sandbox=off to build without"
            #endif
            throw BuildError(
                .sandboxUnavailable, "builds are sandboxed by bubblewrap, and bwrap is not in PATH", remedy: remedy)
        }
        guard limiter != nil else {
            throw BuildError(
                .sandboxUnavailable, "builds are bounded by prlimit, and it is not in PATH",
                remedy: "install util-linux")
        }
        var request = request(for: SandboxedStep(command: ["/bin/sh", "-c", "exit 0"]), marker: "probe")
        request.timeout = .seconds(20)
        let outcome: ProcessOutcome
        do {
            outcome = try await Processes.run(request)
        } catch  where error.code == .cancelled {
            throw BuildError(.cancelled, "cancelled")
        } catch {
            throw BuildError(.sandboxUnavailable, "bubblewrap cannot start: \(error)", remedy: Self.kernelAdvice)
        }
        guard outcome.succeeded else {
            let said = outcome.lastLines.last ?? "\(outcome.status)"
            throw BuildError(.sandboxUnavailable, "bubblewrap cannot start: \(said)", remedy: Self.kernelAdvice)
        }
    }

    /// The settings by which kernels refuse user namespaces, and which of them does here.
    private static var kernelAdvice: String {
        let refusals = [
            ("/proc/sys/user/max_user_namespaces", "0", "say: sysctl -w user.max_user_namespaces=15000"),
            ("/proc/sys/kernel/unprivileged_userns_clone", "0", "say: sysctl -w kernel.unprivileged_userns_clone=1"),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
                "allow bwrap user namespaces by an AppArmor profile, or say: "
                    + "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            ),
        ]
        for (file, value, advice) in refusals where smallFile(file)?.first == value.utf8.first {
            return advice
        }
        return "see that this user may make user namespaces (in a container, that its runtime lets it)"
    }
}
