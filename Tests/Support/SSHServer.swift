import Foundation
public import SystemPackage

/// A real sshd on loopback, for one user and one key, and a client configuration that knows them.
public final class SSHServer: Sendable {
    public enum HostKey: Sendable {
        case known
        case unknown
        /// known_hosts has another one.
        case changed
    }

    public let port: Int
    private let folder: TemporaryDirectory
    private let listener: ListeningProcess

    /// - Parameters:
    ///   - acceptsProtocol: lets `GIT_PROTOCOL` through, which a stock sshd does not.
    ///   - command: what runs instead of what the client asks for, which `SSH_ORIGINAL_COMMAND` has (sshd_config(5)).
    ///   - client: more lines of the client's configuration.
    ///   - offersKey: the client's configuration names the user's key.
    public init(
        hostKey: HostKey = .known, acceptsProtocol: Bool = true, command: String? = nil, client: String = "",
        offersKey: Bool = true
    ) throws {
        folder = try TemporaryDirectory()
        for name in ["host", "user", "stranger"] {
            let arguments = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.path.appending(name).string]
            try Process.run(arguments)
        }
        let path = folder.path
        try Data(contentsOf: URL(fileURLWithPath: path.appending("user.pub").string))
            .write(to: URL(fileURLWithPath: path.appending("authorized").string))
        var lines = [
            "HostKey \(path.appending("host"))", "AuthorizedKeysFile \(path.appending("authorized"))", "StrictModes no",
            "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "LogLevel ERROR",
        ]
        if acceptsProtocol { lines.append("AcceptEnv GIT_PROTOCOL") }
        if let command { lines.append("ForceCommand \(try folder.script("command", command))") }
        let configuration = try folder.write(lines.joined(separator: "\n").utf8, to: "sshd_config")
        listener = try ListeningProcess(
            """
            import os, signal, socket, subprocess, sys
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            # Root's sshd drops its privileges here.
            if os.geteuid() == 0: os.makedirs("/run/sshd", exist_ok=True)
            server = socket.create_server(("127.0.0.1", 0))
            print(server.getsockname()[1], flush=True)
            while True:
                client, _ = server.accept()
                null = subprocess.DEVNULL
                subprocess.Popen(["/usr/sbin/sshd", "-i", "-f", sys.argv[1]], stdin=client, stdout=client, stderr=null)
                client.close()
            """, arguments: [configuration.string])
        port = listener.port
        let known = hostKey == .known ? "host" : "stranger"
        let key = try String(contentsOfFile: path.appending("\(known).pub").string, encoding: .utf8)
        try folder.write((hostKey == .unknown ? "" : "[127.0.0.1]:\(port) \(key)").utf8, to: "known_hosts")
        try folder.write(
            """
            \(client)
            Host forge
              HostName 127.0.0.1
              Port \(port)
            Host *
              IdentityFile \(offersKey ? path.appending("user").string : "/nonexistent")
              IdentityAgent none
              UserKnownHostsFile \(path.appending("known_hosts"))
              GlobalKnownHostsFile /dev/null
            """.utf8, to: "config")
        try folder.script("bin/ssh", "exec /usr/bin/ssh -F \(path.appending("config")) \"$@\"")
    }

    /// Of the one user.
    public var keyFile: FilePath { folder.path.appending("user") }
    /// A key that is not let in.
    public var strangersKeyFile: FilePath { folder.path.appending("stranger") }
    public var knownHosts: FilePath { folder.path.appending("known_hosts") }

    public func url(of repository: FilePath) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(repository)" }

    /// Where `ssh` reads the client configuration and no other.
    public var environment: [String: String] {
        ["PATH": path(before: "/usr/bin:/bin"), "HOME": folder.path.string, "GIT_CONFIG_NOSYSTEM": "1"]
    }

    /// `rest` with that `ssh` before it.
    public func path(before rest: String) -> String { "\(folder.path.appending("bin")):\(rest)" }
}

/// A script in Python that listens on loopback and prints its port.
public final class ListeningProcess: Sendable {
    public let port: Int
    private let process: pid_t

    public init(_ script: String, arguments: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process.processIdentifier
        var text = Data()
        while !text.contains(UInt8(ascii: "\n")) {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            text += more
        }
        guard let port = Int(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw TestRepositoryError(command: "python3", status: -1) }
        self.port = port
    }

    deinit {
        kill(process, SIGKILL)
    }
}

extension TemporaryDirectory {
    /// Writes a shell script that can be run.
    @discardableResult
    public func script(_ name: String, _ text: String) throws -> FilePath {
        let file = try write("#!/bin/sh\n\(text)\n".utf8, to: name)
        chmod(file.string, 0o755)
        return file
    }
}

extension Process {
    static func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        _ = try process.output()
        guard process.terminationStatus == 0 else {
            throw TestRepositoryError(command: words.joined(separator: " "), status: process.terminationStatus)
        }
    }
}
