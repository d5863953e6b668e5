import ArtifactTypes
import Processes
import SystemPackage

/// The user's own `ssh`: its configuration, agent, jump hosts, hardware keys and known_hosts are in force (ssh(1)).
struct SSHProgram: Sendable {
    /// What the user's configuration says of one host, as far as it matters here (`ssh -G`).
    struct Settings: Sendable, Equatable {
        /// The name that the host's key is noted under in known_hosts.
        var host: String
        /// As ssh prints it: `ask`, `true`, `accept-new`; `false` where the user has turned it off.
        var strictHostKeyChecking = "ask"
        var knownHostsFile = "~/.ssh/known_hosts"
    }

    /// What ssh and the programs that its configuration names may need. No secrets: those of others stand there too.
    private static let inherited = [
        "HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SSH_AUTH_SOCK",
        "SSH_AGENT_PID", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "KRB5CCNAME", "SSH_SK_PROVIDER",
    ]

    let path: FilePath
    private let environment: [String: String]

    /// - Throws: `.unavailable` where there is no ssh.
    init(environment: [String: String]) throws(GitError) {
        guard let path = findExecutable("ssh", path: environment["PATH"]) else {
            throw GitError(
                .unavailable, "git over ssh wants the program ssh, which is not in PATH",
                remedy: "install it: apt-get install openssh-client")
        }
        self.path = path
        self.environment = environment.filter { Self.inherited.contains($0.key) }
            .merging(["SSH_ASKPASS_REQUIRE": "never"]) { _, ours in ours }
    }

    /// What holds for `remote`. Asks ssh itself, which connects to nobody for this.
    func settings(for remote: GitRemote) async throws(GitError) -> Settings {
        let request = ProcessRequest(
            executable: path, arguments: ["-G"] + Self.destination(remote), environment: environment,
            timeout: .seconds(10))
        do {
            let outcome = try await run(request)
            guard outcome.succeeded else {
                let reason = outcome.lastLines.last?.visiblyEscaped ?? "\(outcome.status)"
                throw GitError(.invalid, "\(remote.url): ssh cannot read its configuration: \(reason)")
            }
            return Settings(printed: outcome.text, remote.url)
        } catch {
            throw GitError(error, at: remote.url)
        }
    }

    /// `git-upload-pack` on the remote's host.
    func uploadPack(_ remote: GitRemote, _ settings: Settings, offersVersion2: Bool) -> ProcessRequest {
        var options = [
            // Nobody is asked for anything: neither for a password nor whether a host's key is right.
            "BatchMode=yes", "ConnectTimeout=10",
            // A server of sources gets no way back into this machine, and runs the one command.
            "ClearAllForwardings=yes", "ForwardAgent=no", "PermitLocalCommand=no", "RemoteCommand=none",
            "RequestTTY=no",
            // Others' sessions would end with this process if they went through it.
            "ControlMaster=no",
        ]
        if settings.strictHostKeyChecking == "false" { options.append("StrictHostKeyChecking=ask") }
        if remote.sshKey != nil { options.append("IdentitiesOnly=yes") }
        var environment = environment
        if offersVersion2 {
            options.append("SendEnv=GIT_PROTOCOL")
            environment["GIT_PROTOCOL"] = "version=2"
        }
        // GitURL lets no quote into the path.
        let arguments =
            options.map { "-o\($0)" } + Self.destination(remote) + ["git-upload-pack '\(remote.url.sshPath)'"]
        return ProcessRequest(executable: path, arguments: arguments, environment: environment)
    }

    private static func destination(_ remote: GitRemote) -> [String] {
        let key = remote.sshKey.map { ["-i", $0] } ?? []
        let port = remote.url.port.map { ["-p", "\($0)"] } ?? []
        return key + port + ["--", (remote.url.user.map { "\($0)@" } ?? "") + remote.url.host]
    }
}

extension SSHProgram.Settings {
    /// - Parameter text: lines of a lower-case name and its value.
    init(printed text: String, _ url: GitURL) {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { values[String(words[0])] = String(words[1]) }
        }
        let host = values["hostkeyalias"] ?? values["hostname"] ?? url.host
        let port = values["port"] ?? "22"
        // sshd(8): a port other than 22 is noted with its host in brackets.
        self.init(host: port == "22" || values["hostkeyalias"] != nil ? host : "[\(host)]:\(port)")
        if let value = values["stricthostkeychecking"] { strictHostKeyChecking = value }
        if let value = values["userknownhostsfile"]?.split(separator: " ").first { knownHostsFile = String(value) }
    }
}

extension GitError {
    init(_ error: any Error, at url: GitURL) {
        if let error = error as? GitError {
            self = error
        } else if let error = error as? ProcessError, error.code == .cancelled {
            self.init(.cancelled, "cancelled")
        } else {
            self.init(mapping: error)
            if code != .cancelled { message = "\(url): \(message)" }
        }
    }
}
