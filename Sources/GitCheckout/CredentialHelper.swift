import ArtifactTypes
import Processes
import SystemPackage

/// The user's git credential helpers, run by git itself (git-credential(1)): their names, their own configuration and
/// the order among them are git's business. Secrets go over pipes, never into an argument list, and nobody is asked.
struct CredentialHelper: Sendable {
    /// What a helper gave, and all of what it said, which it wants back with the verdict.
    struct Answer: Sendable {
        var credential: GitCredential
        fileprivate var lines: Secret
    }

    private let environment: [String: String]

    init(environment: [String: String]) {
        // What opens a window or asks on a terminal is turned off, each by its own switch.
        self.environment = environment.filter { $0.key != "GIT_DIR" }.merging([
            "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never",
        ]) { _, ours in ours }
    }

    /// The credential for `url`; nil where no helper has one.
    /// - Throws: `.cancelled`.
    func fill(_ url: GitURL) async throws(GitError) -> Answer? {
        var lines = "protocol=\(url.scheme.rawValue)\nhost=\(url.authority)\n"
        let path = GitURL.percentDecoded(String(url.path.dropFirst()))
        // git drops it unless credential.useHttpPath is set. A line break would begin a line of its own.
        if !path.utf8.contains(where: { $0 < 32 }) { lines += "path=\(path)\n" }
        if let user = url.user { lines += "username=\(user)\n" }
        guard let answer = try await git("fill", lines) else { return nil }
        var values: [String: String] = [:]
        for line in answer.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        guard let username = values["username"], let password = values["password"], !password.isEmpty,
            // The answer is for whom we asked for, whatever a helper puts in.
            values["host"] == url.authority, values["protocol"] == url.scheme.rawValue
        else { return nil }
        return Answer(
            credential: GitCredential(username: username, token: Secret(password)), lines: Secret(answer))
    }

    /// Tells the helpers whether the server took it: they keep it or forget it. What becomes of that is theirs.
    func report(_ answer: Answer, accepted: Bool) async throws(GitError) {
        _ = try await git(accepted ? "approve" : "reject", answer.lines.reveal())
    }

    /// - Returns: what git says; nil where it fails, which is how it says that it has nothing.
    private func git(_ action: String, _ input: String) async throws(GitError) -> String? {
        guard let git = findExecutable("git", path: environment["PATH"]) else { return nil }
        let request = ProcessRequest(
            executable: git, arguments: ["credential", action], environment: environment,
            // Away from any repository, whose configuration could name helpers of its own.
            workingDirectory: "/", input: Array((input + "\n").utf8),
            // A password manager may ask for a touch.
            timeout: .seconds(60), outputLimit: 64 << 10)
        do {
            let outcome = try await run(request)
            return outcome.succeeded ? String(validating: outcome.output, as: UTF8.self) : nil
        } catch {
            if error.code == .cancelled { throw GitError(.cancelled, "cancelled") }
            return nil
        }
    }
}
