import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// docs/vendors.md, followed to the letter: its own blocks are what is written and run here.
@Suite struct GuideTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    /// The first block of that language after `text`, without its fences.
    private func block(_ language: String, after text: String) throws -> String {
        let guide = try String(contentsOfFile: Self.root.appending("docs/vendors.md").string, encoding: .utf8)
        let place = try #require(guide.range(of: text), "the guide no longer says \(text)")
        let fence = try #require(guide[place.upperBound...].range(of: "```\(language)\n"))
        let end = try #require(guide[fence.upperBound...].range(of: "```\n"))
        return String(guide[fence.upperBound..<end.lowerBound])
    }

    /// Runs lines of the guide in a shell that finds the program.
    private func shell(_ lines: String, _ machine: Installation) async throws -> Outcome {
        var environment = machine.environment
        // As on a machine where nothing is set up: the usual folders alone.
        environment["RBEE_VENDORS_D"] = nil
        environment["HF_ENDPOINT"] = nil
        environment["PATH"] = "\(Installation.programs.string):\(environment["PATH"] ?? "")"
        return try await RunningProgram(
            "/bin/sh", ["-ec", lines], environment: environment, scratch: machine.folder.path
        ).outcome()
    }

    @Test("a program of thirty lines and its file download a model, in segments, resumed, verified, with progress")
    func program() async throws {
        let machine = try Installation()
        let file = Installation.gguf("name-Q4_K_M.gguf", .q4KM, megabytes: 24)
        try machine.hub.addModel("org/name", files: [file, TestFile("README.md", text: "# name\n")])

        let prepare = try block("sh", after: "It is two files in the folder of your vendors")
        let program = try block("python", after: "The program, `rbee-vendor-example`")
        let file1 = try block("toml", after: "Beside it `example.toml`")
        let use = try block("sh", after: "Nothing is built, nothing restarted")
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count <= 31)

        let written =
            prepare + "cat > rbee-vendor-example <<'END'\n\(program)END\ncat > example.toml <<'END'\n\(file1)END\n"
        #expect(try await shell(written, machine).status == 0)
        let commands = use.replacing("https://hub.example", with: machine.hub.hub)
        let folder = "cd ~/.config/rbee/vendors.d\n"
        let download = try #require(commands.range(of: "rbee-hive model download"))

        // All but the download, which is first cut off.
        let before = try await shell(folder + commands[..<download.lowerBound], machine)
        #expect(before.status == 0, "\(before.output)\(before.errors)")
        #expect(before.output.contains("ok    download example:org/name"))

        machine.hub.forgetRequests()
        // More than sockets' buffers hold, which die with the program: some of it is on the disk.
        machine.hub.setFault(Fault(.stall(after: 16 << 20), times: 1), on: "/cdn/")
        let killed = try machine.start(
            ["model", "download", "example:org/name:Q4_K_M"],
            environment: ["EXAMPLE_HUB": machine.hub.hub, "RBEE_VENDORS_D": ""])
        _ = try await machine.hub.request { $0.origin == .cdn && $0.isStalled }
        killed.send(SIGKILL)
        _ = try await killed.outcome()
        machine.hub.releaseStalls()
        machine.hub.clearFaults()

        let outcome = try await shell(folder + commands, machine)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasSuffix("example:org/name:Q4_K_M\n"))
        #expect(outcome.errors.contains("name-Q4_K_M.gguf"))
        let shown = try await machine.run("model", "show", "example:org/name", "--json").json()
        #expect(shown["verified"] == .bool(true))
        #expect(machine.payloadRequests.contains { $0.headers["range"] != nil })

        // Without the file the vendor is gone.
        #expect(try await shell(folder + "rm example.toml", machine).status == 0)
        #expect(try await shell("rbee-hive model download example:org/name", machine).status == 64)
    }
}
