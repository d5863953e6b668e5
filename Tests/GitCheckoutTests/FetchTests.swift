import ArtifactTypes
import SystemPackage
import TestHub
import TestSupport
import Testing

@testable import GitCheckout

@Suite("fetching over http", .serialized, .timeLimit(.minutes(1)))
struct FetchTests {
    @Test("a commit is fetched without its history, and its checkout equals git archive")
    func depthOne() async throws {
        let forge = try Forge()
        try forge.repository.commit(["old.txt": "gone", "a/b/c.txt": "one"])
        try forge.repository.stage(mode: "120000", content: "../a/b/c.txt", at: "links/c")
        try forge.repository.stage(mode: "100755", content: "#!/bin/sh\n", at: "run.sh")
        _ = try forge.repository.commitIndex()
        try forge.repository.git("rm", "-q", "--cached", "old.txt")
        let head = try forge.repository.commitIndex()
        let session = try await forge.session()
        let found = try #require(await session.references(["HEAD"]).find(.head))
        #expect(found.commit == head && found.ref == "refs/heads/main")
        try await session.fetch(head, into: forge.mirror)
        let out = try forge.emptyFolder()
        let checkout = try await forge.mirror.checkout(head, into: out)
        #expect(checkout.tree == (try forge.repository.git("rev-parse", "HEAD^{tree}")))
        let expected = forge.folder.path.appending("expected")
        try forge.repository.archive(head, into: expected)
        #expect(try difference(out, expected).isEmpty)
        #expect(try await forge.mirror.shallowCommits() == [head])
        #expect(try await forge.mirror.keptCommits() == [KeptCommit(id: head, source: forge.url.description)])
    }

    @Test("a later commit costs what it changed, not the whole")
    func incremental() async throws {
        let forge = try Forge()
        let big = Forge.noise(20_000, seed: 1)
        let first = try forge.repository.commit(["big.txt": big, "small.txt": "1"])
        try await forge.session().fetch(first, into: forge.mirror)
        let whole = forge.hub.payloadBytes
        for step in 2...5 { try forge.repository.commit(["small.txt": "\(step)"]) }
        let last = try forge.repository.commit(["big.txt": big + "one line more\n"])
        try await forge.session().fetch(last, into: forge.mirror)
        let more = forge.hub.payloadBytes - whole
        #expect(whole > 100_000)
        #expect(more < 3_000, "\(more) bytes after \(whole)")
        let out = try forge.emptyFolder()
        _ = try await forge.mirror.checkout(last, into: out)
        let expected = forge.folder.path.appending("expected")
        try forge.repository.archive(last, into: expected)
        #expect(try difference(out, expected).isEmpty)
    }

    @Test("a kept mirror of many packs is begun anew, and has what it had before")
    func packs() async throws {
        let forge = try Forge()
        var last = ""
        for step in 1...5 {
            last = try forge.repository.commit(["a.txt": "\(step)", "b.txt": "stays"])
            var session = try await forge.session()
            session.mostPacks = 3
            try await session.fetch(last, into: forge.mirror)
            #expect(try await forge.mirror.packs().count == [1, 2, 3, 1, 2][step - 1])
        }
        #expect(try await forge.mirror.keptCommits().count == 2)
        let out = try forge.emptyFolder()
        _ = try await forge.mirror.checkout(last, into: out)
        let expected = forge.folder.path.appending("expected")
        try forge.repository.archive(last, into: expected)
        #expect(try difference(out, expected).isEmpty)
    }

    @Test("plain git can read the kept mirror", arguments: [1, 2])
    func plainGit(commits: Int) async throws {
        let forge = try Forge()
        var last = ""
        for step in 0..<commits {
            last = try forge.repository.commit(["a.txt": "\(step)"])
            try await forge.session().fetch(last, into: forge.mirror)
        }
        let folder = forge.folder.path.appending("mirror").string
        #expect(try forge.repository.git("--git-dir", folder, "log", "--format=%H", last) == last)
        #expect(try forge.repository.git("--git-dir", folder, "fsck", "--no-dangling", last).isEmpty)
    }

    @Test("branches, tags and annotated tags lead to their commits")
    func names() async throws {
        let forge = try Forge()
        let first = try forge.repository.commit(["a": "1"])
        try forge.repository.git("tag", "light")
        try forge.repository.git("tag", "-a", "v1", "-m", "one")
        try forge.repository.git("branch", "side")
        let second = try forge.repository.commit(["a": "2"])
        let references = try await forge.session().references(["HEAD", "refs/heads/", "refs/tags/"])
        #expect(references.find(.head)?.commit == second)
        #expect(references.find(.branch("side"))?.commit == first)
        #expect(references.find(.tag("light"))?.commit == first)
        #expect(references.find(.tag("v1"))?.commit == first)
        #expect(references.find(.named("v1"))?.ref == "refs/tags/v1")
        #expect(references.find(.branch("absent")) == nil)
        #expect(references.tag(at: first) == "v1")
    }

    @Test("a commit that no ref points at is fetched by its id")
    func unadvertised() async throws {
        let forge = try Forge()
        let first = try forge.repository.commit(["a": "1"])
        try forge.repository.commit(["a": "2"])
        try await forge.session().fetch(first, into: forge.mirror)
        #expect(try await forge.mirror.commit(first).commit == first)
    }

    @Test("a commit that is not there is refused in the server's words, and nothing is kept")
    func absent() async throws {
        let forge = try Forge()
        try forge.repository.commit(["a": "1"])
        let session = try await forge.session()
        let error = await #expect(throws: GitError.self) {
            try await session.fetch(WireTests.id, into: forge.mirror)
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("not our ref") == true)
        #expect(try await forge.mirror.keptCommits().isEmpty)
    }

    @Test("a server that speaks version 0 alone is understood")
    func version0() async throws {
        var forge = try Forge()
        let first = try forge.repository.commit(["a": "1", "b": Forge.noise(5_000, seed: 2)])
        forge.client = GitClient(
            engine: Forge.engine, environment: ["GIT_CONFIG_NOSYSTEM": "1"], logger: Forge.logger, offersVersion2: false
        )
        let session = try await forge.session()
        #expect(session.server.version == .v0)
        #expect(try await session.references(["HEAD"]).find(.head)?.ref == "refs/heads/main")
        try await session.fetch(first, into: forge.mirror)
        let second = try forge.repository.commit(["a": "2"])
        let before = forge.hub.payloadBytes
        try await forge.session().fetch(second, into: forge.mirror)
        #expect(forge.hub.payloadBytes - before < 3_000)
        _ = try await forge.mirror.checkout(second, into: forge.emptyFolder())
        let old = try await forge.session()
        let error = await #expect(throws: GitError.self) { try await old.fetch(WireTests.id, into: forge.mirror) }
        #expect(error?.code == .revisionNotFound)
    }

    @Test("wrong credentials are told from none, and right ones pass")
    func credentials() async throws {
        let forge = try Forge(user: "bot", password: "correct horse")
        let head = try forge.repository.commit(["a": "1"])
        for (token, code) in [(nil, GitError.Code.unauthorized), ("wrong", .unauthorized), ("correct horse", nil)] {
            let credential = token.map { GitCredential(username: "bot", token: Secret($0)) }
            do {
                let session = try await forge.session(credential)
                try await session.fetch(head, into: forge.mirror)
                #expect(code == nil)
            } catch let error as GitError {
                #expect(error.code == code)
                #expect(!error.description.contains("wrong"))
            }
        }
    }

    @Test("a token does not travel unencrypted to another machine")
    func insecure() async throws {
        let remote = GitRemote(
            url: try GitURL("http://git.example/x.git"),
            credential: GitCredential(username: "bot", token: Secret("token")))
        let error = await #expect(throws: GitError.self) {
            try await GitClient(engine: Forge.engine, environment: ["GIT_CONFIG_NOSYSTEM": "1"], logger: Forge.logger)
                .connect(to: remote)
        }
        #expect(error?.code == .untrusted)
    }

    @Test("an address where no repository is, is told so")
    func noRepository() async throws {
        let forge = try Forge()
        for path in ["/git/absent.git", "/absent"] {
            let remote = GitRemote(url: try GitURL(forge.hub.hub + path), configuredOrigins: [forge.hub.hub])
            let error = await #expect(throws: GitError.self) { try await forge.client.connect(to: remote) }
            #expect(error?.code == .notFound)
        }
    }
}

@Suite("fetching from servers that misbehave", .serialized, .timeLimit(.minutes(1)))
struct MisbehaviourTests {
    private let upload = "/git/forge.git/git-upload-pack"

    private func forge() throws -> (Forge, head: String) {
        let forge = try Forge()
        return (forge, try forge.repository.commit(["big.txt": Forge.noise(20_000, seed: 3)]))
    }

    private func failure(_ forge: Forge, _ head: String) async -> GitError? {
        let error = await #expect(throws: GitError.self) { try await forge.session().fetch(head, into: forge.mirror) }
        let kept = try? await forge.mirror.keptCommits()
        #expect(kept?.isEmpty == true)
        return error
    }

    @Test("a flipped bit anywhere in the pack is noticed", arguments: [300, 20_000, 100_000])
    func corrupted(place: Int64) async throws {
        let (forge, head) = try forge()
        forge.hub.setFault(Fault(.corrupt(at: place)), on: upload)
        let error = await failure(forge, head)
        #expect(error?.code == .corrupt || error?.code == .unavailable)
        forge.hub.clearFaults()
        try await forge.session().fetch(head, into: forge.mirror)
        #expect(try await forge.mirror.keptCommits().count == 1)
    }

    @Test("a connection that ends in the middle of the pack is an error")
    func dropped() async throws {
        let (forge, head) = try forge()
        forge.hub.setFault(Fault(.drop(after: 50_000)), on: upload)
        #expect(await failure(forge, head)?.code == .unavailable)
    }

    @Test("a server that stalls, or drips a byte a second, is left at the deadline", arguments: [true, false])
    func stalled(drips: Bool) async throws {
        let (forge, head) = try forge()
        var patient = try await forge.session()
        patient.remote.timeout = .seconds(2)
        let session = patient
        forge.hub.setFault(Fault(drips ? .rate(bytesPerSecond: 20) : .stall(after: 50_000)), on: upload)
        let start = ContinuousClock.now
        let mirror = forge.mirror
        let error = await #expect(throws: GitError.self) { try await session.fetch(head, into: mirror) }
        #expect(error?.code == .unavailable)
        #expect(ContinuousClock.now - start < .seconds(25))
        forge.hub.releaseStalls()
    }

    @Test("a fetch that is cancelled in the middle of a pack ends, and not at its deadline")
    func cancelled() async throws {
        let (forge, head) = try forge()
        forge.hub.setFault(Fault(.stall(after: 100_000)), on: upload)
        let fetch = Task {
            do {
                try await forge.session().fetch(head, into: forge.mirror)
                return GitError.Code?.none
            } catch {
                return (error as? GitError)?.code
            }
        }
        _ = try await forge.hub.request { $0.isStalled }
        let start = ContinuousClock.now
        fetch.cancel()
        #expect(await fetch.value == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(10))
        forge.hub.releaseStalls()
    }

    @Test("an ERR line is the error")
    func serverError() async throws {
        let (forge, head) = try forge()
        let body = Array("0018ERR quota exceeded\n\n".utf8)
        forge.hub.setFault(
            Fault(
                .answer(
                    status: 200, headers: ["Content-Type": "application/x-git-upload-pack-result"], body: body)),
            on: upload)
        let error = await failure(forge, head)
        #expect(error?.code == .refused)
        #expect(error?.message.contains("quota exceeded") == true)
    }

    @Test(
        "a page instead of an answer is no trap", arguments: ["<html>sign in</html>", "", "ffffPACK", "0003", "0000"])
    func pages(body: String) async throws {
        let (forge, head) = try forge()
        forge.hub.setFault(Fault(.answer(status: 200, headers: [:], body: Array(body.utf8))), on: upload)
        #expect(await failure(forge, head)?.code == .unavailable)
    }
}
