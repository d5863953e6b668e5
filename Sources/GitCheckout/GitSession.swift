import Synchronization

/// A server that has said which protocol it speaks, ready to be asked.
public struct GitSession: Sendable {
    var remote: GitRemote
    let carrier: any GitCarrier
    let server: GitAdvertisement
    /// 64 packs are open files by the hundred: a kept repository with as many is begun anew, at the cost of one commit
    /// without history.
    var mostPacks = 64

    /// The most bytes of refs that are taken: half a million refs.
    static let mostReferenceBytes = 64 << 20
    /// 16 GiB: four times the largest pack that a forge takes.
    static let mostPackBytes: Int64 = 16 << 30

    /// - Throws: `GitError`, named after the remote's URL.
    init(_ remote: GitRemote, over carrier: any GitCarrier) async throws(GitError) {
        let connected = try await withProgressDeadline(remote.timeout, of: remote.url.description) { meter in
            try await carrier.connect(meter)
        }
        self.remote = remote
        self.carrier = connected.carrier
        do throws(GitError) {
            server = try GitAdvertisement(connected.advertisement)
        } catch {
            throw error.of(remote.url)
        }
    }

    /// The refs whose names begin with one of `prefixes`, annotated tags peeled.
    public func references(_ prefixes: [String]) async throws(GitError) -> GitReferences {
        if server.version == .v0 {
            return GitReferences(server.references.all.filter { ref in prefixes.contains { ref.name.hasPrefix($0) } })
        }
        guard server.capabilities["ls-refs"] != nil else {
            throw GitError(.unsupported, "\(remote.url) does not list its refs")
        }
        var packets = PacketWriter()
        packets.line("command=ls-refs")
        if server.capabilities["object-format"] != nil { packets.line("object-format=sha1") }
        packets.delimiter()
        packets.line("peel\n")
        packets.line("symrefs\n")
        for prefix in prefixes { packets.line("ref-prefix \(prefix)\n") }
        packets.flush()
        let listing = Locked(ReferenceListing())
        let request = packets.bytes
        try await withProgressDeadline(remote.timeout, of: remote.url.description) { [carrier] meter in
            try await carrier.exchange(request, version: .v2) { bytes in
                meter.add(bytes.count)
                return try listing.withLock { listing in
                    try listing.feed(bytes)
                    return listing.isComplete
                }
            }
        }
        return try listing.withLock { listing throws(GitError) in
            guard listing.isComplete else { throw GitError(.unavailable, "\(remote.url) ended its answer early") }
            return listing.references
        }
    }

    /// Brings `commit`, without its history, into a kept repository, and sees that it and its tree are there.
    ///
    /// - Parameter progress: may throw, which ends the fetch.
    /// - Throws: `.refused` or `.revisionNotFound` where the server does not give that commit out, `.corrupt` for a
    ///   damaged pack, `.unavailable` where it stalls, `.cancelled`, `.io`.
    public func fetch(
        _ commit: String, into repository: GitRepository,
        progress: @escaping @Sendable (GitFetchProgress) throws(GitError) -> Void = { _ in }
    ) async throws(GitError) {
        let old = try await repository.packs()
        if old.count >= mostPacks {
            try await fetch(FetchRequest(wants: [commit]), for: commit, into: repository, progress)
            return try await repository.forget(old, but: commit)
        }
        let held = try await repository.shallowCommits()
        let have = try await repository.keptCommits().map(\.id)
        let request = FetchRequest(wants: [commit], have: have, shallow: held)
        try await fetch(request, for: commit, into: repository, progress)
    }

    /// Brings all that the branches and tags hold, for a commit inside of it that the server does not give out by itself.
    /// - Throws: as `fetch`; `.revisionNotFound` where none of them leads to the commit.
    public func fetchHistory(
        with commit: String, into repository: GitRepository,
        progress: @escaping @Sendable (GitFetchProgress) -> Void = { _ in }
    ) async throws(GitError) {
        let all = try await references(["refs/heads/", "refs/tags/"]).all
        let wants = Set(all.map { server.version == .v0 ? $0.commit : $0.object ?? $0.commit })
        guard !wants.isEmpty else { throw GitError(.revisionNotFound, "\(remote.url) is empty") }
        // Nothing of what is here is named: it would be taken to be here with its history.
        let request = FetchRequest(wants: wants.sorted(), isDeep: true)
        do throws(GitError) {
            try await fetch(request, for: commit, into: repository, progress)
        } catch  where error.code == .revisionNotFound {
            throw GitError(.revisionNotFound, "no branch or tag of \(remote.url) has \(commit)")
        }
    }

    private func fetch(
        _ request: FetchRequest, for commit: String, into repository: GitRepository,
        _ progress: @escaping @Sendable (GitFetchProgress) throws(GitError) -> Void
    ) async throws(GitError) {
        try await repository.removeUnfinishedPacks()
        let held = try await repository.shallowCommits()
        let bytes: [UInt8]
        do throws(GitError) {
            bytes = try request.encoded(for: server)
        } catch {
            throw error.of(remote.url)
        }
        let answer = Locked(FetchAnswer(version: server.version))
        try await repository.beginPack()
        do throws(GitError) {
            try await withProgressDeadline(remote.timeout, of: remote.url.description) { [carrier, server] meter in
                try await carrier.exchange(bytes, version: server.version) { bytes in
                    let (pack, isComplete) = try answer.withLock { (try $0.feed(bytes), $0.isComplete) }
                    if pack.isEmpty { return isComplete }
                    meter.add(pack.count)
                    let state = try await repository.appendPack(pack)
                    if state.bytes > Self.mostPackBytes {
                        throw GitError(.unsafeContent, "the pack is longer than \(Self.mostPackBytes >> 30) GiB")
                    }
                    try progress(state)
                    return isComplete
                }
            }
            guard answer.withLock({ $0.isComplete }) else {
                throw GitError(.unavailable, "the server ended its answer in the middle of the pack")
            }
            try await repository.commitPack()
            _ = try await repository.commit(commit)
            let edge = answer.withLock { Set(held).subtracting($0.unshallow).union($0.shallow) }
            try await repository.keep(KeptCommit(id: commit, source: remote.url.description), shallow: edge)
        } catch {
            await repository.dropPack()
            throw error.of(remote.url)
        }
    }
}

/// Reads the answer to `ls-refs`.
private struct ReferenceListing {
    private var packets = PacketReader()
    private var bytes = 0
    private(set) var references = GitReferences()
    private(set) var isComplete = false

    mutating func feed(_ more: [UInt8]) throws(GitError) {
        bytes += more.count
        if bytes > GitSession.mostReferenceBytes { throw GitError(.unavailable, "the server lists too many refs") }
        packets.append(more)
        while let packet = try packets.next() {
            guard case .data(let data) = packet else {
                isComplete = isComplete || packet == .flush
                continue
            }
            let line = data.line
            if line.hasPrefix("ERR ") { throw GitError(serverSaid: line.dropFirst(4)) }
            if let reference = GitReferences.Reference(line: line) { references.all.append(reference) }
        }
    }
}

/// A value that several tasks may reach.
final class Locked<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result where Result: Sendable {
        try value.withLock { value throws(Failure) in try body(&value) }
    }
}

extension GitError {
    /// The same error, said of a repository, unless its message names it already.
    func of(_ url: GitURL) -> GitError {
        let name = url.description
        return message.contains(name) ? self : GitError(code, "\(name): \(message)", remedy: remedy)
    }
}
