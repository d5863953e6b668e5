import ArtifactTypes
import Credentials
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1)))
struct SecretReaderTests {
    let folder: TemporaryDirectory
    let log = LogRecorder()
    let canary = "canary-7f3a-token"

    init() throws {
        folder = try TemporaryDirectory()
    }

    func reader(_ more: [String: String] = [:]) -> SecretReader {
        let environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path.string]
        return SecretReader(environment: environment.merging(more) { $1 }, logger: log.logger)
    }

    func file(_ text: String, _ name: String = "token", mode: mode_t = 0o600) throws -> FilePath {
        let path = try folder.write(text.utf8, to: name)
        chmod(path.string, mode)
        return path
    }

    func failure(_ source: SecretSource) async -> CredentialError? {
        await #expect(throws: CredentialError.self) { try await reader().read(source) }
    }

    @Test("an environment variable gives its value, and none where it is unset or empty")
    func variable() async throws {
        let reader = reader(["TOKEN": " \(canary)\n", "EMPTY": ""])
        #expect(try await reader.read(.environment("TOKEN"))?.reveal() == canary)
        #expect(try await reader.read(.environment("EMPTY")) == nil)
        #expect(try await reader.read(.environment("UNSET")) == nil)
    }

    @Test("a file gives its content without the white space around it, in silence where only its owner reads it")
    func privateFile() async throws {
        let path = try file("\n \(canary) \r\n")
        #expect(try await reader().read(.file(path.string))?.reveal() == canary)
        #expect(log.all.isEmpty)
    }

    @Test("a path begins at the home after ~, at the given folder where it is relative")
    func paths() async throws {
        _ = try file(canary, "deep/token")
        #expect(try await reader().read(.file("~/deep/token"))?.reveal() == canary)
        #expect(try await reader().read(.file("deep/token"), relativeTo: folder.path)?.reveal() == canary)
        #expect(
            try await reader().read(.file("./token"), relativeTo: folder.path.appending("deep"))?.reveal() == canary)
    }

    @Test("a file that others can read is used, with a warning that names it and not what it holds")
    func openFile() async throws {
        let path = try file(canary, mode: 0o644)
        #expect(try await reader().read(.file(path.string))?.reveal() == canary)
        #expect(log.all.count == 1)
        #expect(log.all.first?.contains("chmod 600 \(path)") == true)
        #expect(!log.all.joined().contains(canary))
    }

    @Test("a link is followed with a warning")
    func link() async throws {
        let path = try file(canary)
        let link = folder.path.appending("link")
        symlink(path.string, link.string)
        #expect(try await reader().read(.file(link.string))?.reveal() == canary)
        #expect(log.all.contains { $0.hasPrefix("warning") && $0.contains("link") })
    }

    @Test("another user's file is used with a warning", .enabled(if: geteuid() == 0, "only root can give a file away"))
    func foreignFile() async throws {
        let path = try file(canary)
        chown(path.string, 4711, 4711)
        #expect(try await reader().read(.file(path.string))?.reveal() == canary)
        #expect(log.all.contains { $0.contains("4711") })
    }

    @Test("what is no file with a secret in it is an error of its own kind")
    func unusableFiles() async throws {
        #expect(await failure(.file(folder.path.appending("none").string))?.code == .missing)
        #expect(await failure(.file(folder.path.string))?.code == .unreadable(errno: EINVAL))
        #expect(await failure(.file(try file(" \n").string))?.code == .empty)
        #expect(await failure(.file(try file("a\nb").string))?.code == .malformed)
        #expect(await failure(.file(try file(String(repeating: "x", count: 70_000)).string))?.code == .tooLarge)
        let fifo = folder.path.appending("fifo")
        mkfifo(fifo.string, 0o600)
        #expect(await failure(.file(fifo.string))?.code == .unreadable(errno: EINVAL))
    }

    @Test("a command's output is the secret; its program is found in PATH")
    func command() async throws {
        #expect(try await reader().read(.command(["printf", " %s\n", canary]))?.reveal() == canary)
        let script = try file("#!/bin/sh\necho \(canary)", "say", mode: 0o700)
        #expect(try await reader().read(.command([script.string]))?.reveal() == canary)
        #expect(try await reader().read(.command(["~/say"]))?.reveal() == canary)
    }

    @Test("a failing command is told by its status, and what it said is not")
    func failingCommand() async throws {
        let error = await failure(.command(["sh", "-c", "echo \(canary); echo \(canary) >&2; exit 3"]))
        #expect(error?.code == .commandFailed)
        #expect(error?.message.contains("exit status 3") == true)
        #expect(error?.message.contains(canary) == false)
        #expect(!log.all.joined().contains(canary))
    }

    @Test("a command that is not there, says nothing or too much is an error")
    func unusableCommands() async {
        #expect(await failure(.command([]))?.code == .missing)
        #expect(await failure(.command(["no-such-program-here"]))?.code == .missing)
        #expect(await failure(.command(["true"]))?.code == .empty)
        #expect(await failure(.command(["yes"]))?.code == .commandFailed)
    }
}
