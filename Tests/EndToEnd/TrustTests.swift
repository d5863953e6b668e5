import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What a trust table refuses, whatever way it would come.
@Suite struct TrustTests {
    let machine: Installation

    init() throws {
        machine = try Installation()
        try machine.addTinyModel()
    }

    /// The hub with a rule, which is line 3 of its file.
    private func trust(_ rule: String) throws {
        try machine.addVendor(
            "hf.toml",
            """
            name = "hf"
            module = "huggingface"
            trust.\(rule)
            """)
    }

    @Test(
        "a model that the table does not take is refused before a byte moves, with the rule, its place and what to do",
        arguments: [
            ("licenses = [\"mit\"]", "under apache-2.0"), ("formats = [\"safetensors\"]", "tiny-Q4_K_M.gguf"),
            ("max-size = \"1k\"", "1.0 MB"), ("organizations = [\"corp-*\"]", "of org"),
        ])
    func refused(rule: String, found: String) async throws {
        try trust(rule)
        for arguments in [["model", "download", "org/tiny:Q4_K_M"], ["pull", "org/tiny:Q4_K_M", "--dry-run"]] {
            let outcome = try await machine.start(arguments).outcome()
            #expect(outcome.status == 65, "\(outcome.errors)")
            #expect(outcome.errors.contains("hf.toml:3") && outcome.errors.contains(found), "\(outcome.errors)")
            #expect(outcome.errors.contains("change \(rule.prefix { $0 != " " }) there"), "\(outcome.errors)")
        }
        #expect(machine.payloadRequests.isEmpty)
        let explained = try await machine.run("vendor", "explain", "org/tiny:Q4_K_M", "--resolve")
        #expect(explained.status == 65 && explained.output.contains("goes to hf"))
        #expect(explained.output.contains("refused") && !explained.output.contains("not known"), "\(explained.output)")
        #expect(explained.errors.contains("hf.toml:3") && explained.errors.contains(found), "\(explained.errors)")
        #expect(machine.payloadRequests.isEmpty)
    }

    @Test("explain says what each rule makes of a model, and asks nobody unless told to")
    func explained() async throws {
        try trust("licenses = [\"apache-*\"]")
        let offline = try await machine.run("vendor", "explain", "org/tiny:Q4_K_M", "--json").json()
        #expect(offline["trust"]?.arrayValue?.first?["word"] == .string("unknown"))
        #expect(machine.hub.requests.isEmpty)
        let asked = try await machine.run("vendor", "explain", "org/tiny:Q4_K_M", "--json", "--resolve").json()
        let verdict = asked["trust"]?.arrayValue?.first
        #expect(verdict?["word"] == .string("takes") && verdict?["found"] == .string("under apache-2.0"))
        #expect(verdict?["line"] == .integer(3))
        #expect(asked["error"] == .null)
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
    }

    @Test("explain ends as the download would, and says why all the same")
    func explainedRefusals() async throws {
        try trust("organizations = [\"corp-*\"]")
        try machine.addVendor("off.toml", "name = \"off\"\nmodule = \"huggingface\"\nenabled = false\n")
        try machine.addVendor("odd.toml", "name = \"odd\"\nmodul = \"huggingface\"\n")
        for (reference, status, text) in [
            ("org/tiny", Int32(65), "refused"), ("nobody:org/tiny", 64, "goes to no vendor"),
            ("off:org/tiny", 78, "enabled = false"), ("odd:org/tiny", 78, "odd.toml:2"),
        ] {
            let explained = try await machine.run("vendor", "explain", reference)
            #expect(explained.status == status && explained.output.contains(text), "\(explained)")
            let download = try await machine.run("model", "download", reference)
            #expect(download.status == status && download.errors == explained.errors, "\(download) \(explained)")
            let json = try await machine.run("vendor", "explain", reference, "--json")
            #expect(json.status == status)
            #expect(try json.json()["error"]?.stringValue?.isEmpty == false)
        }
        let absent = try await machine.run("vendor", "explain", "corp-x/none", "--resolve")
        #expect(absent.status == 66 && absent.output.contains("goes to hf"), "\(absent)")
    }

    @Test("a git commit that is larger than the table takes is neither fetched to its end nor checked out")
    func checkout() async throws {
        let repository = try machine.makeWorkerRepository()
        var random = SystemRandomNumberGenerator()
        let noise = (0..<400_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
        try Data(noise).write(to: URL(fileURLWithPath: repository.appending("noise").string))
        try machine.commit(repository, "noise")
        let url = machine.hub.addGit("large", repository: repository.appending(".git"))
        try machine.addWorkerVendor(url: url)
        let text = try String(contentsOfFile: machine.vendors.appending("demo.toml").string, encoding: .utf8)
        func build(_ size: String, _ more: String...) async throws -> Outcome {
            try machine.addVendor("demo.toml", "trust.max-size = \"\(size)\"\n" + text)
            return try await machine.start(["worker", "build", "cpu"] + more).outcome()
        }
        let early = try await build("1M")
        let refusal = "vendor demo is trusted for max-size 1.0 MB, and this is larger checked out"
        #expect(early.status == 65 && early.errors.contains(refusal), "\(early.errors)")
        #expect(early.errors.contains("demo.toml:1)"), "\(early.errors)")
        #expect(try await build("1G").status == 0)
        // All of it is kept now, and nothing is fetched.
        let again = try await build("1M", "--force")
        #expect(again.status == 65 && again.errors.contains(refusal), "\(again.errors)")
    }

    @Test("an export brings nothing that the table does not take")
    func exported() async throws {
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(try await machine.run("model", "export", "org/tiny", "m.tar").status == 0)
        try trust("licenses = [\"mit\"]")
        let there = ["RBEE_HOME": machine.folder.path.appending("there").string]
        let imported = try await machine.run("model", "import", "m.tar", environment: there)
        #expect(imported.status == 65 && imported.errors.contains("hf.toml:3"), "\(imported.errors)")
        #expect(try await machine.run("model", "list", "--json", environment: there).output == "[]\n")
    }
}
