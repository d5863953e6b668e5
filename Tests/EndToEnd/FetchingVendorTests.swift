import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// A vendor whose files come by no URL: here a script that copies them from a folder.
@Suite struct FetchingVendorTests {
    /// - Parameter fetch: the lines that come in the place of copying the wanted files.
    private func machine(
        fetch: String = "for f in wanted: shutil.copy(source + '/' + f['path'], where + '/' + f['path'])",
        introduction: String = "'fetch': True", digests: Bool = true, sizes: Bool = true, trust: String = ""
    ) throws -> Installation {
        let machine = try Installation()
        for (name, quantization) in [("tiny-Q4_K_M.gguf", GGUFWriter.Quantization.q4KM), ("tiny-Q8_0.gguf", .q80)] {
            let writer = GGUFWriter.sized(megabytes: 1, quantization: quantization, name: "Tiny", seed: 5)
            try machine.folder.write(writer.bytes(), to: "tapes/\(name)")
        }
        let program = """
            #!/usr/bin/env python3
            import hashlib, json, os, shutil, sys
            source = \(String(reflecting: machine.folder.path.appending("tapes").string))
            def digest(name): return "sha256:" + hashlib.sha256(open(source + "/" + name, "rb").read()).hexdigest()
            for line in sys.stdin:
                request = json.loads(line)
                params, result = request["params"], None
                if request["method"] == "initialize": result = {"protocol": 1, "name": "tape", \(introduction)}
                elif request["method"] == "resolve":
                    names = sorted(os.listdir(source))
                    result = {"reference": params["reference"], "vendor": "tape", "revision": "7", "files": [
                        {"path": n, "urls": [],
                         "size": os.stat(source + "/" + n).st_size if \(sizes ? "True" : "False") else None,
                         "digest": digest(n) if \(digests ? "True" : "False") else None} for n in names]}
                elif request["method"] == "fetch":
                    wanted, where = params["resolution"]["files"], params["directory"]
                    \(fetch)
                print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
            """
        let path = try machine.folder.write(program.utf8, to: "vendors.d/tape")
        #expect(chmod(path.string, 0o755) == 0)
        let file = "name = \"tape\"\nmodule = \"process\"\n\(trust)\n[process]\ncommand = [\"./tape\"]\n"
        try machine.addVendor("tape.toml", file)
        return machine
    }

    @Test("a model comes by its vendor's own transport, the selected file alone, verified and repairable")
    func downloads() async throws {
        let machine = try machine()
        let outcome = try await machine.run("model", "download", "tape:org/tiny:Q8_0")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "tape:org/tiny:Q8_0\n")
        let shown = try await machine.run("model", "show", "tape:org/tiny", "--json").json()
        #expect(shown["verified"] == .bool(true))
        let path = try #require(shown["path"]?.stringValue)
        #expect(path.hasSuffix("tiny-Q8_0.gguf"))

        #expect(chmod(path, 0o644) == 0)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.write(contentsOf: Data("broken".utf8))
        try file.close()
        #expect(try await machine.run("model", "verify").status == 65)
        #expect(try await machine.run("model", "verify", "--repair").status == 0)
        #expect(try await machine.run("model", "verify").status == 0)
        #expect(try await machine.run("model", "download", "tape:org/tiny:Q8_0", "--force").status == 0)
        #expect(try await machine.run("model", "download", "tape:org/tiny:Q4_K_M", "--offline").status == 69)
    }

    @Test("without a published digest it is marked unverified, and what was seen first binds")
    func unverified() async throws {
        let machine = try machine(digests: false)
        #expect(try await machine.run("model", "download", "tape:org/tiny:Q8_0").status == 0)
        #expect(try await machine.run("model", "show", "tape:org/tiny", "--json").json()["verified"] == .bool(false))
        let other = GGUFWriter.sized(megabytes: 1, quantization: .q80, name: "Tiny", seed: 6)
        try machine.folder.write(other.bytes(), to: "tapes/tiny-Q8_0.gguf")
        let again = try await machine.run("model", "download", "tape:org/tiny:Q8_0", "--force")
        #expect(again.status == 65 && again.errors.contains("vendor tape"), "\(again.errors)")
    }

    /// Says what it finds, and stops in the middle of the file as long as there is a file `stop` beside the tapes.
    private static let inParts = """
        for f in wanted:
                    path = where + '/' + f['path']
                    held = os.path.getsize(path) if os.path.exists(path) else 0
                    def tell(text): print(json.dumps({"jsonrpc": "2.0", "method": "progress", "params": {"message": text}}), flush=True)
                    tell(f"from {held} with {params.get('resume')}")
                    with open(source + '/' + f['path'], 'rb') as tape, open(path, 'ab') as out:
                        tape.seek(held)
                        if os.path.exists(source + '/../stop'):
                            out.write(tape.read(500_000))
                            out.flush()
                            tell("stopped")
                            __import__("signal").pause()
                        shutil.copyfileobj(tape, out)
        """

    /// Kills a download once the vendor is in the middle of the file, and downloads again.
    private func interrupted(_ machine: Installation, then change: () throws -> Void = {}) async throws -> Outcome {
        try machine.folder.write([], to: "stop")
        let program = try machine.start(["model", "download", "--json", "tape:org/tiny:Q8_0"])
        #expect(await program.prints("from 0 with None"))
        #expect(await program.prints("stopped"))
        program.send(SIGKILL)
        _ = try await program.outcome()
        try FileManager.default.removeItem(atPath: machine.folder.path.appending("stop").string)
        try change()
        return try await machine.run("model", "download", "--json", "tape:org/tiny:Q8_0")
    }

    private func left(in machine: Installation) throws -> [String] {
        try machine.storedFiles().filter { $0.hasPrefix("staging/") }
    }

    @Test("one that resumes goes on from what it had when the hive was killed; any other begins anew")
    func resumes() async throws {
        let resuming = try machine(fetch: Self.inParts, introduction: "'fetch': True, 'resumes': True")
        let outcome = try await interrupted(resuming)
        #expect(outcome.status == 0 && outcome.output.contains("from 500000 with True"), "\(outcome)")
        #expect(outcome.output.contains("\"begun\":500000"), "\(outcome)")
        #expect(try await resuming.run("model", "verify").status == 0)
        #expect(try left(in: resuming) == [])

        let plain = try machine(fetch: Self.inParts)
        let anew = try await interrupted(plain)
        #expect(anew.status == 0 && anew.output.contains("from 0 with None"), "\(anew)")
        #expect(try left(in: plain) == [])
    }

    @Test("what was left is believed no more than the rest: once it is bad it goes, and so does what gc finds")
    func badRest() async throws {
        let machine = try machine(fetch: Self.inParts, introduction: "'fetch': True, 'resumes': True")
        let part = { try #require(try left(in: machine).first { $0.hasSuffix("/tiny-Q8_0.gguf") }) }
        let spoilt = try await interrupted(machine) {
            try Data(repeating: 7, count: 500_000).write(
                to: URL(fileURLWithPath: machine.store.appending(part()).string))
        }
        #expect(spoilt.status == 65 && spoilt.output.contains("from 500000 with True"), "\(spoilt)")
        #expect(try left(in: machine) == [])

        let collected = try await interrupted(machine) {
            #expect(try !part().isEmpty)
            try machine.shell([Installation.programs.appending("rbee-hive").string, "gc"])
            #expect(try left(in: machine) == [])
        }
        #expect(collected.status == 0 && collected.output.contains("from 0 with None"), "\(collected)")
    }

    struct Misdeed: Sendable, CustomTestStringConvertible {
        let what: String
        let lines: String
        let message: String
        var testDescription: String { what }
    }

    private static let copy = "shutil.copy(source + '/tiny-Q8_0.gguf', where + '/tiny-Q8_0.gguf')"
    private static let misdeeds = [
        Misdeed(what: "brings nothing", lines: "pass", message: "did not bring tiny-Q8_0.gguf"),
        Misdeed(
            what: "brings another size", lines: "open(where + '/tiny-Q8_0.gguf', 'wb').write(b'x')",
            message: "tiny-Q8_0.gguf"),
        Misdeed(
            what: "brings one byte flipped",
            lines: copy + "; f = open(where + '/tiny-Q8_0.gguf', 'r+b'); f.seek(9000); f.write(b'?'); f.close()",
            message: "tiny-Q8_0.gguf is not what it promised"),
        Misdeed(
            what: "brings a link", lines: "os.symlink(source + '/tiny-Q8_0.gguf', where + '/tiny-Q8_0.gguf')",
            message: "tiny-Q8_0.gguf is a link"),
        Misdeed(
            what: "brings a link to a folder outside", lines: copy + "; os.symlink('/etc', where + '/etc')",
            message: "etc is a link"),
        Misdeed(what: "brings a fifo", lines: copy + "; os.mkfifo(where + '/pipe')", message: "pipe is neither"),
        Misdeed(
            what: "brings what it did not list", lines: copy + "; open(where + '/run.sh', 'w').write('x')",
            message: "left run.sh, which it did not list"),
        Misdeed(what: "brings a folder", lines: "os.mkdir(where + '/tiny-Q8_0.gguf')", message: "did not bring"),
    ]

    @Test("whatever else it leaves is refused with 65, and nothing is published", arguments: misdeeds)
    func refused(_ misdeed: Misdeed) async throws {
        let machine = try machine(fetch: misdeed.lines)
        let outcome = try await machine.run("model", "download", "tape:org/tiny:Q8_0")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("vendor tape") && outcome.errors.contains(misdeed.message), "\(outcome.errors)")
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
        #expect(try machine.storedFiles().filter { $0.hasPrefix("models/") || $0.hasPrefix("staging/trees/") } == [])
    }

    @Test("what says no size is held to max-size once it is here, and nothing is kept of more")
    func unknownSize() async throws {
        let machine = try machine(
            introduction: "'fetch': True, 'resumes': True", sizes: false, trust: "trust = { max-size = \"900k\" }")
        let outcome = try await machine.run("model", "download", "tape:org/tiny:Q8_0")
        #expect(outcome.status == 65 && outcome.errors.contains("trusted for max-size 900.0 kB"), "\(outcome.errors)")
        #expect(try machine.storedFiles().filter { $0.hasPrefix("blobs/") || $0.hasPrefix("staging/partial") } == [])
    }

    @Test("files without a URL from a vendor that does not fetch are none")
    func cannotFetch() async throws {
        let machine = try machine(introduction: "'version': '1'")
        let outcome = try await machine.run("model", "download", "tape:org/tiny:Q8_0")
        #expect(outcome.status == 69 && outcome.errors.contains("no URL of tiny-Q4_K_M.gguf"), "\(outcome.errors)")
    }
}
