import ArtifactTypes
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import GitCheckout

@Suite("fetching over ssh", .serialized, .timeLimit(.minutes(1)))
struct SSHTests {
    private func client(_ server: SSHServer) -> GitClient {
        GitClient(engine: Forge.engine, environment: server.environment, logger: Forge.logger)
    }

    private func remote(_ server: SSHServer, _ repository: TestRepository, key: FilePath? = nil) throws -> GitRemote {
        GitRemote(
            url: try GitURL(server.url(of: repository.path)), timeout: .seconds(20), sshKey: key?.string)
    }

    @Test("version 2 and what a stock sshd makes of it, version 0, bring a commit and then what has changed")
    func versions() async throws {
        for acceptsProtocol in [true, false] {
            let server = try SSHServer(acceptsProtocol: acceptsProtocol)
            let repository = try TestRepository()
            let folder = try TemporaryDirectory()
            let mirror = GitRepository.kept(in: folder.path.appending("mirror"))
            let remote = try remote(server, repository)
            let big = Forge.noise(20_000, seed: 5)
            for (files, most) in [(["big.txt": big, "a/b.txt": "1"], 1_000_000), (["a/b.txt": "2"], 3_000)] {
                let head = try repository.commit(files)
                let bytes = Locked<Int64>(0)
                let version = try await client(server).withSession(to: remote) { session throws(GitError) in
                    let found = try await session.references(["HEAD", "refs/tags/"]).find(.head)
                    #expect(found?.commit == head && found?.ref == "refs/heads/main")
                    try await session.fetch(head, into: mirror) { state in bytes.withLock { $0 = state.bytes } }
                    return session.server.version
                }
                #expect(version == (acceptsProtocol ? .v2 : .v0))
                #expect(bytes.withLock { $0 } < most)
                #expect(try await mirror.keptCommits().last?.id == head)
            }
            let out = folder.path.appending("out")
            try FileManager.default.createDirectory(atPath: out.string, withIntermediateDirectories: true)
            let head = try repository.git("rev-parse", "HEAD")
            _ = try await mirror.checkout(head, into: out)
            let expected = folder.path.appending("expected")
            try repository.archive(head, into: expected)
            #expect(try difference(out, expected).isEmpty)
        }
    }

    @Test("where the server speaks version 0, what an annotated tag points at is had by the tag")
    func annotatedTag() async throws {
        let server = try SSHServer(acceptsProtocol: false)
        let repository = try TestRepository()
        let first = try repository.commit(["a": "1"])
        try repository.git("tag", "-a", "v1", "-m", "one")
        let folder = try TemporaryDirectory()
        try repository.commit(["a": "2"])
        let mirror = GitRepository.kept(in: folder.path)
        try await client(server).withSession(to: remote(server, repository)) { session throws(GitError) in
            let found = try await session.references(["refs/tags/"]).find(.tag("v1"))
            #expect(found?.commit == first)
            try await session.fetch(first, into: mirror)
        }
        #expect(try await mirror.keptCommits().map(\.id) == [first])
    }

    @Test("the short form's path is relative to the home folder, and its host may be one of the user's configuration")
    func shortForm() async throws {
        let server = try SSHServer()
        let repository = try TestRepository()
        let head = try repository.commit(["a": "1"])
        let up = NSHomeDirectory().split(separator: "/").map { _ in ".." }.joined(separator: "/")
        for path in [up + repository.path.string, repository.path.string] {
            let url = try GitURL("\(NSUserName())@forge:\(path)")
            #expect(url.description == (path.hasPrefix("/") ? "ssh://forge\(path)" : "forge:\(path)"))
            let references = try await client(server).withSession(to: GitRemote(url: url)) { session throws(GitError) in
                try await session.references(["HEAD"])
            }
            #expect(references.find(.head)?.commit == head)
        }
    }

    @Test(
        "a host whose key is unknown or has changed is refused, with what to do, also where checking is turned off",
        arguments: [SSHServer.HostKey.unknown, .changed], ["", "StrictHostKeyChecking no"])
    func hostKeys(key: SSHServer.HostKey, client configuration: String) async throws {
        let server = try SSHServer(hostKey: key, client: configuration)
        let repository = try TestRepository()
        try repository.commit(["a": "1"])
        let before = try String(contentsOfFile: server.knownHosts.string, encoding: .utf8)
        let error = await #expect(throws: GitError.self) {
            try await client(server).withSession(to: remote(server, repository)) { _ throws(GitError) in }
        }
        #expect(error?.code == .untrusted)
        #expect(error?.message.contains("[127.0.0.1]:\(server.port)") == true)
        let scan = "ssh-keyscan -p \(server.port) 127.0.0.1 >> \(server.knownHosts)"
        let remedy = key == .unknown ? scan : "ssh-keygen -R '[127.0.0.1]:\(server.port)'"
        #expect(error?.remedy?.contains(remedy) == true, "\(error?.description ?? "")")
        #expect(try String(contentsOfFile: server.knownHosts.string, encoding: .utf8) == before)
    }

    @Test("a host key that the user's configuration takes on first sight is taken")
    func acceptNew() async throws {
        let server = try SSHServer(hostKey: .unknown, client: "StrictHostKeyChecking accept-new")
        let repository = try TestRepository()
        let head = try repository.commit(["a": "1"])
        let found = try await client(server).withSession(to: remote(server, repository)) { session throws(GitError) in
            try await session.references(["HEAD"]).find(.head)?.commit
        }
        #expect(found == head)
    }

    @Test("a key that is named is let in, and where none is, that is told")
    func keys() async throws {
        let server = try SSHServer(offersKey: false)
        let repository = try TestRepository()
        try repository.commit(["a": "1"])
        _ = try await client(server).withSession(to: remote(server, repository, key: server.keyFile)) {
            _ throws(GitError) in
        }
        for key in [nil, server.strangersKeyFile] {
            let remote = try remote(server, repository, key: key)
            let error = await #expect(throws: GitError.self) {
                try await client(server).withSession(to: remote) { _ throws(GitError) in }
            }
            #expect(error?.code == .unauthorized)
            #expect(error?.remedy?.contains("ssh-key") == true)
        }
    }

    @Test("a folder that is no repository is told so")
    func absent() async throws {
        let server = try SSHServer()
        let remote = GitRemote(url: try GitURL(server.url(of: "/absent/x.git")))
        let error = await #expect(throws: GitError.self) {
            try await client(server).withSession(to: remote) { _ throws(GitError) in }
        }
        #expect(error?.code == .notFound)
    }

    @Test("where nobody listens, and where there is no ssh, is told so")
    func dead() async throws {
        let repository = try TestRepository()
        let server = try SSHServer()
        let dead = GitRemote(url: try GitURL("ssh://127.0.0.1:9/x.git"))
        let error = await #expect(throws: GitError.self) {
            try await client(server).withSession(to: dead) { _ throws(GitError) in }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("refused") == true)
        let none = GitClient(engine: Forge.engine, environment: ["PATH": "/nonexistent"], logger: Forge.logger)
        let missing = await #expect(throws: GitError.self) {
            try await none.withSession(to: remote(server, repository)) { _ throws(GitError) in }
        }
        #expect(missing?.code == .unavailable)
        #expect(missing?.remedy?.contains("openssh-client") == true)
    }

    @Test("a server that stalls in the middle of a pack is left at the deadline, and at once when cancelled")
    func stalled() async throws {
        // Byte by byte, since of a slow pipe larger blocks come short; and more than two packets can hold, of which
        // only the whole ones are progress.
        let server = try SSHServer(
            command: "sh -c \"$SSH_ORIGINAL_COMMAND\" | { dd bs=1 count=200000 2>/dev/null; exec sleep 100; }")
        let repository = try TestRepository()
        let folder = try TemporaryDirectory()
        let mirror = GitRepository.kept(in: folder.path)
        let head = try repository.commit(["big.txt": Forge.noise(100_000, seed: 6)])
        var remote = try remote(server, repository)
        remote.timeout = .seconds(2)
        let hasty = remote
        let start = ContinuousClock.now
        let error = await #expect(throws: GitError.self) {
            try await client(server).withSession(to: hasty) { session throws(GitError) in
                try await session.fetch(head, into: mirror)
            }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("no progress") == true, "\(error?.description ?? "")")
        #expect(ContinuousClock.now - start < .seconds(20))
        remote.timeout = .seconds(60)
        let patient = remote
        let received = AsyncStream.makeStream(of: Void.self)
        let fetch = Task {
            defer { received.continuation.finish() }
            do throws(GitError) {
                try await client(server).withSession(to: patient) { session throws(GitError) in
                    try await session.fetch(head, into: mirror) { _ in received.continuation.yield() }
                }
                return GitError.Code?.none
            } catch {
                return error.code
            }
        }
        for await _ in received.stream { break }
        let cancelled = ContinuousClock.now
        fetch.cancel()
        #expect(await fetch.value == .cancelled)
        #expect(ContinuousClock.now - cancelled < .seconds(10))
    }
}
