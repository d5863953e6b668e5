import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What takes the name or the place of a worker that is here.
@Suite struct WorkerReplacementTests {
    private let machine: Installation
    private static let suffix = "linux-\(HostPlatform.current.arch)-cpu.tar.gz"

    init() throws { machine = try Installation() }

    /// An archive whose only program says `text`.
    private func archive(_ program: String, saying text: String) throws -> [UInt8] {
        let top = machine.folder.path.appending("made-\(UUID().uuidString)")
        let file = top.appending("archive")
        try machine.shell(["mkdir", "-p", top.appending("bin").string])
        try machine.shell(["sh", "-c", "printf '#!/bin/sh\\necho \(text)\\n' > '\(top)/bin/\(program)'"])
        try machine.shell(["chmod", "755", top.appending("bin/\(program)").string])
        try machine.shell(["tar", "-C", top.string, "-czf", file.string, "bin"])
        return Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
    }

    private func says(_ id: String) async throws -> String {
        let path = try await machine.run("worker", "path", id).output.trimmingCharacters(in: .newlines)
        return try machine.shell([path])
    }

    @Test("one from elsewhere, or with nothing to vouch for it, takes no other's place unless told to")
    func elsewhere() async throws {
        let name = "tool-1.0.0-\(Self.suffix)"
        try machine.addVendor(
            "acme.toml",
            "name = \"acme\"\nmodule = \"tarball\"\n[tarball]\nforge = \"github\"\norigin = \"\(machine.hub.hub)\"")
        let good = try archive("tool", saying: "good")
        let sums = "\(try TestHub.sha256(of: .bytes(good)))  \(name)\n"
        try machine.hub.addForgeRelease(
            "acme/tool", tag: "v1.0.0",
            assets: [ForgeAsset(name, .bytes(good)), ForgeAsset("SHA256SUMS", .bytes(Array(sums.utf8)))])
        let first = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:tool-*")
        try #require(first.status == 0, "\(first.errors)")

        let url = try machine.hub.addRelease(name, .bytes(try archive("tool", saying: "other")))
        machine.hub.forgetRequests()
        let other = try await machine.run("worker", "install", url)
        #expect(other.status == 65 && other.errors.contains("--name"), "\(other.errors)")
        #expect(other.errors.contains("acme:acme/tool"), "\(other.errors)")
        #expect(!machine.hub.requests.contains { $0.method == "GET" && $0.path.hasSuffix(name) })
        #expect(try await says("tool") == "good")
        let beside = try await machine.run("worker", "install", url, "--name", "tool-two")
        #expect(beside.output == "tool-two-cpu-1.0.0-linux\n", "\(beside.errors)")

        // The same place, that says no longer what its archive is to be.
        try machine.hub.addForgeRelease(
            "acme/tool", tag: "v1.0.0", assets: [ForgeAsset(name, .bytes(try archive("tool", saying: "loose")))])
        let loose = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:tool-*")
        #expect(loose.status == 65 && loose.errors.contains("nothing vouches"), "\(loose.errors)")
        #expect(try await says("tool") == "good")
        let forced = try await machine.run("worker", "install", url, "--force")
        #expect(forced.status == 0, "\(forced.errors)")
        #expect(try await says("tool") == "other")
    }

    @Test("two archives of one release whose names come to one id do not replace each other")
    func libraries() async throws {
        try machine.addVendor(
            "acme.toml",
            "name = \"acme\"\nmodule = \"tarball\"\n[tarball]\nforge = \"github\"\norigin = \"\(machine.hub.hub)\"")
        let assets = try ["gnu", "musl"].map { library in
            ForgeAsset(
                "tool-1.0.0-\(HostPlatform.current.arch)-unknown-linux-\(library).tar.gz",
                .bytes(try archive("tool", saying: library)))
        }
        try machine.hub.addForgeRelease("acme/tool", tag: "v1.0.0", assets: assets)
        let first = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:*-gnu.tar.gz")
        try #require(first.status == 0, "\(first.errors)")
        let again = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:*-gnu.tar.gz")
        #expect(again.status == 0 && again.errors.contains("here already"), "\(again.errors)")
        let other = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:*-musl.tar.gz")
        #expect(other.status == 65 && other.errors.contains("--name"), "\(other.errors)")
        #expect(try await says("tool") == "gnu")
        let beside = try await machine.run(
            "worker", "install", "acme:acme/tool@v1.0.0:*-musl.tar.gz", "--name", "tool-musl")
        #expect(beside.status == 0, "\(beside.errors)")
        let forced = try await machine.run("worker", "install", "acme:acme/tool@v1.0.0:*-musl.tar.gz", "--force")
        #expect(forced.status == 0, "\(forced.errors)")
        #expect(try await says(first.output.trimmingCharacters(in: .newlines)) == "musl")
    }

    @Test("an archive of another place is not taken for the one that is here because both have one revision")
    func equalRevisions() async throws {
        let name = "tool-1.0.0-\(Self.suffix)"
        let body = TestBody.bytes(try archive("tool", saying: "one"))
        let urls = try ["one", "two"].map { try machine.hub.addRelease("\($0)/\(name)", body) }
        #expect(try await machine.run("worker", "install", urls[0]).status == 0)
        let again = try await machine.run("worker", "install", urls[0])
        #expect(again.status == 0 && again.errors.contains("here already"), "\(again.errors)")
        let other = try await machine.run("worker", "install", urls[1])
        #expect(other.status == 65 && other.errors.contains(urls[0]), "\(other.errors)")
        // A digest that both have tells that they are one.
        let digest = "#sha256=\(try TestHub.sha256(of: body))"
        #expect(try await machine.run("worker", "install", urls[0] + digest, "--force").status == 0)
        let same = try await machine.run("worker", "install", urls[1] + digest)
        #expect(same.status == 0, "\(same.errors)")
    }

    @Test("an export brings no worker into another's place, and none under a name that is not its id's")
    func imported() async throws {
        let name = "tool-1.0.0-\(Self.suffix)"
        let url = try machine.hub.addRelease(name, .bytes(try archive("tool", saying: "theirs")))
        #expect(try await machine.run("worker", "install", url).status == 0)
        #expect(try await machine.run("worker", "export", "tool", "w.tar").status == 0)
        #expect(try await machine.run("worker", "remove", "tool").status == 0)
        let mine = machine.folder.path.appending(name)
        try machine.folder.write(try archive("tool", saying: "mine"), to: name)
        #expect(try await machine.run("worker", "install", "file:\(mine)").status == 0)
        let refused = try await machine.run("worker", "import", "w.tar")
        #expect(refused.status == 65 && refused.errors.contains("worker remove"), "\(refused.errors)")
        #expect(try await says("tool") == "mine")

        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        for forged in ["../../escaped", "slow", ".."] {
            let change = "edit(lambda m: m['artifacts'][0]['artifact']['entry'].update(name='\(forged)'))"
            try machine.shell(["python3", "-c", ExportTests.rewriter, "w.tar", "h.tar", change])
            let outcome = try await machine.run("worker", "import", "h.tar", environment: there)
            #expect(outcome.status == 65 && outcome.errors.contains("calls itself"), "\(outcome.errors)")
        }
        #expect(try await machine.run("worker", "list", "--json", environment: there).output == "[]\n")
        for options in [["--name", ".."], ["--version", ""]] {
            let outcome = try await machine.start(["worker", "install", url] + options).outcome()
            #expect(outcome.status == 64, "\(outcome.errors)")
        }
    }

    @Test("a build of another repository takes no worker's place unless told to; of the same commit it does")
    func built() async throws {
        let repository = try machine.makeWorkerRepository()
        try machine.git(repository, "tag", "v1.0.0")
        let url = machine.hub.addGit("worker", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url)
        let first = try await machine.run("worker", "build", "cpu")
        #expect(first.output == "demo-worker-cpu-1.0.0-linux\n", "\(first.errors)")
        let path = try await machine.run("worker", "path", "demo-worker").output.trimmingCharacters(in: .newlines)
        let content = try Data(contentsOf: URL(fileURLWithPath: path))

        let fork = machine.folder.path.appending("fork")
        try machine.shell(["git", "clone", "--quiet", repository.string, fork.string])
        let same = try await machine.run("worker", "build", "cpu", "--source", fork.string)
        #expect(same.status == 0, "\(same.errors)")
        try machine.shell(["sh", "-c", "echo 'int other;' >> '\(fork)/main.c' || true; touch '\(fork)/more'"])
        try machine.commit(fork, "of the fork")
        try machine.git(fork, "tag", "--force", "v1.0.0")
        let other = try await machine.run("worker", "build", "cpu", "--source", fork.string)
        #expect(other.status == 65, "\(other.errors)")
        #expect(other.errors.contains("worker, and this one is from") && other.errors.contains("--force"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)

        let forced = try await machine.run("worker", "build", "cpu", "--source", fork.string, "--force")
        #expect(forced.status == 0, "\(forced.errors)")
        // A damaged one is made again as it was made, and not of what vendors.d names.
        try machine.shell(["sh", "-c", "chmod 755 '\(path)'; echo changed > '\(path)'"])
        let verified = try await machine.run("worker", "verify", "demo-worker")
        let commit = try machine.git(fork, "rev-parse", "HEAD")
        let command = "worker build cpu --worker demo-worker --ref \(commit) --source file://\(fork) --force"
        #expect(verified.status == 65 && verified.errors.contains(command), "\(verified.errors)")
        let mended = try await machine.start(command.split(separator: " ").map(String.init)).outcome()
        #expect(mended.output == "demo-worker-cpu-1.0.0-linux\n", "\(mended.errors)")
        #expect(try await machine.run("worker", "verify", "demo-worker").status == 0)
    }

    @Test("builds for several versions of a toolkit live side by side, and are told apart")
    func toolkits() async throws {
        let code = "__attribute__((section(\".nv_fatbin\"))) int fat = 1; int puts(const char *);"
        for version in ["11", "12.4"] {
            let folder = machine.folder.path.appending("cuda\(version)")
            try machine.folder.write(
                Array("\(code) int main(void) { puts(\"cuda \(version)\"); return 0; }".utf8),
                to: "cuda\(version)/tool.c")
            try machine.shell(["gcc", "-o", folder.appending("tool").string, folder.appending("tool.c").string])
            let file = machine.folder.path.appending("\(version).tar.gz")
            try machine.shell(["tar", "-C", folder.string, "-czf", file.string, "tool"])
            let url = try machine.hub.addRelease(
                "tool-1.0.0-linux-\(HostPlatform.current.arch)-cuda\(version).tar.gz",
                .bytes(Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))))
            let installed = try await machine.run("worker", "install", url)
            #expect(installed.output == "tool-cuda\(version)-1.0.0-linux\n", "\(installed.errors)")
        }
        #expect(try await says("tool") == "cuda 12.4")
        #expect(try await says("tool-cuda11") == "cuda 11")
        for argument in ["tool-cuda12.4", "tool-cuda12"] { #expect(try await says(argument) == "cuda 12.4") }
        #expect(try await machine.run("worker", "use", "tool-cuda11").output == "tool-cuda11-1.0.0-linux\n")
        #expect(try await says("tool") == "cuda 11")
        let listed = try await machine.run("worker", "list").output
        #expect(listed.contains(" cuda11 ") && listed.contains(" cuda12.4 "), "\(listed)")
        let shown = try await machine.run("worker", "show", "tool-cuda12.4", "--json").json()
        #expect(shown["workerType"] == .string("cuda") && shown["toolkit"] == .string("12.4"))
        // One that leaves for another machine keeps its name.
        #expect(try await machine.run("worker", "export", "tool-cuda11", "w.tar").status == 0)
        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        let imported = try await machine.run("worker", "import", "w.tar", environment: there)
        #expect(imported.output == "tool-cuda11-1.0.0-linux\n", "\(imported.errors)")
    }

    @Test("a name that begins another one's can be used")
    func beginnings() async throws {
        for program in ["tool", "tool-cpu-extra", "tool-extra"] {
            let url = try machine.hub.addRelease(
                "\(program)-1.0.0-\(Self.suffix)", .bytes(try archive(program, saying: program)))
            let installed = try await machine.run("worker", "install", url, "--name", program)
            #expect(installed.status == 0, "\(installed.errors)")
        }
        #expect(try await says("tool") == "tool")
        #expect(try await says("tool-cpu") == "tool")
        #expect(try await says("tool-extra") == "tool-extra")
    }
}
