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
