import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite("workers from any kind of git server", .serialized, .timeLimit(.minutes(2)))
struct GitTransportTests {
    @Test("a public URL leads by insteadOf to a mirror whose password a credential helper knows, and it stays there")
    func insteadOf() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        let url = machine.hub.addGit(
            "private", repository: repository.appending(".git"), user: "bot", password: "helper-canary-97")
        // Outside of all that is searched for the password afterwards.
        let elsewhere = try TemporaryDirectory()
        let helper = try elsewhere.script("helper", "echo username=bot; echo password=helper-canary-97")
        let base = url.replacing("/private.git", with: "/")
        try machine.folder.write(
            Array(
                """
                [credential]
                    helper = \(helper)
                [url "\(base)"]
                    insteadOf = https://public.example/org/
                """.utf8), to: "home/.gitconfig")
        try machine.addWorkerVendor(url: "https://public.example/org/private.git")
        let built = try await machine.run("worker", "build", "cpu")
        #expect(built.status == 0, "\(built.errors)")
        let provenance = try #require(
            try await machine.run("worker", "show", "demo-worker", "--json").json()["provenance"])
        #expect(provenance["repository"] == .string("https://public.example/org/private.git"))
        #expect(provenance["mirror"] == .string(url))
        #expect(try machine.filesContaining("helper-canary-97") == [])
        #expect(try machine.filesContaining(Data("bot:helper-canary-97".utf8).base64EncodedString()) == [])
    }

    @Test("a worker is built through ssh, with a dead and an older mirror before it")
    func ssh() async throws {
        let machine = try Installation()
        let repository = try machine.makeWorkerRepository()
        let old = machine.folder.path.appending("old")
        try machine.shell(["git", "clone", "--quiet", "--bare", repository.string, old.string])
        try machine.commit(repository, "two")
        let server = try SSHServer(offersKey: false)
        let dead = "ssh://127.0.0.1:9/x.git"
        let key = "ssh-key = { file = \"\(server.keyFile)\" }"
        try machine.addWorkerVendor(
            url: repository.string,
            mirrors: """
                "\(dead)", { url = "\(server.url(of: old))", \(key) }, { url = "\(server.url(of: repository))", \(key) },
                """)
        let environment = ["PATH": server.path(before: machine.environment["PATH"] ?? "")]
        let built = try await machine.run("worker", "build", "cpu", environment: environment)
        #expect(built.status == 0, "\(built.errors)")
        let provenance = try #require(
            try await machine.run("worker", "show", "demo-worker", "--json").json()["provenance"])
        #expect(provenance["mirror"]?.stringValue?.hasPrefix("ssh://127.0.0.1:\(server.port)/") == true)
        #expect(provenance["skipped"]?.arrayValue?.count == 2)
    }

    @Test("a server that stalls in the middle of a pack is given up at the deadline of its vendors.d file")
    func stalled() async throws {
        let machine = try Installation()
        let repository = try machine.makeNoisyRepository()
        let url = machine.hub.addGit("slow", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url)
        let file = machine.vendors.appending("demo.toml").string
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try machine.addVendor("demo.toml", text.replacing("[git]\n", with: "[git]\ntimeout = 2\n"))
        machine.hub.setFault(Fault(.stall(after: 50_000)), on: "/git/slow.git/git-upload-pack")
        let start = ContinuousClock.now
        let outcome = try await machine.run("worker", "build", "cpu")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("made no progress for 2 s"), "\(outcome.errors)")
        #expect(ContinuousClock.now - start < .seconds(25))
        machine.hub.releaseStalls()
    }

    @Test("Ctrl-C in the middle of a pack ends the program and its ssh within a second")
    func interrupted() async throws {
        let machine = try Installation()
        let repository = try machine.makeNoisyRepository()
        let server = try SSHServer(
            command: "sh -c \"$SSH_ORIGINAL_COMMAND\" | { dd bs=1000 count=90 2>/dev/null; exec sleep 20; }")
        try machine.addWorkerVendor(url: server.url(of: repository))
        let environment = ["PATH": server.path(before: machine.environment["PATH"] ?? "")]
        let program = try machine.start(["worker", "build", "cpu", "--json"], environment: environment)
        #expect(await program.prints("totalObjects"))
        let ssh = { try Self.commandLines().filter { $0.hasPrefix("/usr/bin/ssh") && $0.contains(repository.string) } }
        #expect(try !ssh().isEmpty)
        let start = ContinuousClock.now
        program.send(SIGINT)
        #expect(try await program.outcome().status == 130)
        #expect(ContinuousClock.now - start < .seconds(1.5))
        #expect(try ssh().isEmpty)
        #expect(try machine.storedFiles().allSatisfy { !$0.hasPrefix("workers/") })
    }

    /// Of all processes, words separated by blanks.
    private static func commandLines() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap {
            FileManager.default.contents(atPath: "/proc/\($0)/cmdline").map {
                String(decoding: $0, as: UTF8.self).replacing("\0", with: " ")
            }
        }
    }
}

extension Installation {
    /// The demo's worker with a file beside it that does not compress, so that its pack can be cut in two.
    fileprivate func makeNoisyRepository() throws -> FilePath {
        let repository = try makeWorkerRepository()
        let noise = (0..<200_000).map { _ in UInt8.random(in: 0...255) }
        try Data(noise).write(to: URL(fileURLWithPath: repository.appending("noise").string))
        try commit(repository, "noise")
        return repository
    }
}
