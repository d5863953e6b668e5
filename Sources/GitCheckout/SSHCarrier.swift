import ArtifactTypes
import Processes
import Synchronization

/// Git over ssh (gitprotocol-pack(5), "SSH Transport"): one connection, over which one request follows the other.
struct SSHCarrier: GitCarrier {
    let process: RunningProcess
    let log: SSHLog

    func connect(_ meter: ProgressMeter) async throws -> (advertisement: [UInt8], carrier: any GitCarrier) {
        var advertisement: [UInt8] = []
        var packets = PacketReader()
        while true {
            while let packet = try packets.next() {
                if packet == .flush { return (advertisement, self) }
            }
            let bytes = try await read()
            meter.add(bytes.count)
            advertisement += bytes
            packets.append(bytes)
            if advertisement.count > GitSession.mostReferenceBytes {
                throw GitError(.unavailable, "the server lists too many refs")
            }
        }
    }

    func exchange(
        _ request: [UInt8], version: GitAdvertisement.Version,
        receive: @escaping @Sendable ([UInt8]) async throws -> Bool
    ) async throws {
        do throws(ProcessError) {
            try await process.write(request)
        } catch  where error.code != .cancelled {
            // It has ended: what it says last is the reason.
        }
        while try await !receive(read()) {}
    }

    /// The next bytes.
    /// - Throws: where ssh ends, which `log` then knows.
    private func read() async throws -> [UInt8] {
        if let bytes = try await process.read() { return bytes }
        try Task.checkCancellation()
        log.noteEnd()
        throw GitError(.unavailable, "the connection ended")
    }
}

/// What ssh says on standard error, and whether it ended while it was wanted.
final class SSHLog: Sendable {
    /// Lines: ssh's own warnings of a changed key are some fifteen.
    private static let most = 40

    private let state = Mutex<(lines: [String], hasEnded: Bool)>(([], false))

    func add(_ line: [UInt8]) {
        let text = String(decoding: line.last == UInt8(ascii: "\n") ? line.dropLast() : line[...], as: UTF8.self)
        state.withLock { state in
            if state.lines.count == Self.most { state.lines.removeFirst() }
            state.lines.append(text)
        }
    }

    func noteEnd() { state.withLock { $0.hasEnded = true } }

    /// Why ssh ended. It tells by words alone: its exit status is 255 for everything. Nil where it did not end.
    func failure(at remote: GitRemote, _ settings: SSHProgram.Settings) -> GitError? {
        let (lines, hasEnded) = state.withLock { $0 }
        guard hasEnded else { return nil }
        func says(_ words: String...) -> Bool { words.contains { word in lines.contains { $0.contains(word) } } }
        let (url, host) = (remote.url, settings.host)
        if says("REMOTE HOST IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY DETECTED") {
            return GitError(
                .untrusted, "\(url): the host key of \(host) is not the one in \(settings.knownHostsFile)",
                remedy: "somebody may be in between: ask the server's operator; if the key was renewed, "
                    + "ssh-keygen -R '\(host)' forgets the old one")
        }
        if says("Host key verification failed") {
            return GitError(
                .untrusted, "\(url): the host key of \(host) is unknown",
                remedy: "\(Self.scan(host)) >> \(settings.knownHostsFile) adds it; compare its fingerprint (ssh-keygen "
                    + "-lf) with what the server's operator tells before you trust it")
        }
        // What git and the server say comes last; above it stand banners.
        let words = lines.filter { !$0.allSatisfy(\.isWhitespace) }.suffix(3).joined(separator: " ")
        let reason = words.isEmpty ? "the connection ended" : String(words.prefix(300)).visiblyEscaped
        if says("Permission denied (", "Too many authentication failures") {
            return GitError(
                .unauthorized, "\(url) accepts none of the keys: \(reason)",
                remedy: "add the key to the agent (ssh-add), or name it in vendors.d: ssh-key = { file = \"…\" }")
        }
        if says("does not appear to be a git repository", "epository not found", "project you were looking for") {
            return GitError(.notFound, "no git repository answers at \(url): \(reason)", remedy: "check the URL")
        }
        if says("Connection refused", "Could not resolve hostname", "No route to host", "Network is unreachable") {
            return GitError(.unavailable, "\(url): \(reason)")
        }
        return GitError(.unavailable, "\(url): \(reason)")
    }

    private static func scan(_ host: String) -> String {
        let parts = host.dropFirst().split(separator: "]:")
        guard host.hasPrefix("["), parts.count == 2 else { return "ssh-keyscan \(host)" }
        return "ssh-keyscan -p \(parts[1]) \(parts[0])"
    }
}
