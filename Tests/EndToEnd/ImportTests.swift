import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Models that lie on the machine already.
@Suite struct ImportTests {
    private func gguf(_ quantization: GGUFWriter.Quantization = .q4KM, seed: UInt64 = 1) -> [UInt8] {
        GGUFWriter.sized(megabytes: 1, quantization: quantization, name: "Tiny", seed: seed).bytes()
    }

    @Test("a GGUF file is imported, described by its header, verified, repaired and removed; the file stays")
    func file() async throws {
        let machine = try Installation()
        let file = try machine.folder.write(gguf(), to: "my models/tiny#1.gguf")
        let before = try FolderSnapshot(machine.folder.path.appending("my models"))
        let imported = try await machine.run(
            "model", "import", "my models/../my models/tiny#1.gguf", "--name", "org/tiny")
        #expect(imported.status == 0, "\(imported.errors)")
        let path = file.removingLastComponent().removingLastComponent().string
        let id = "file:\(path)/my%20models/tiny%231.gguf#name=org/tiny"
        #expect(imported.output == id + "\n")
        #expect(machine.hub.requests.isEmpty)

        // The name is enough to find it by, and so is the file.
        #expect(try await machine.run("model", "path", "org/tiny").status == 0)
        let shown = try await machine.run("model", "show", String(id.prefix { $0 != "#" }), "--json").json()
        #expect(shown["source"] == .string("Local"))
        #expect(shown["name"] == .string("tiny"))
        #expect(shown["author"] == .string("org"))
        #expect(shown["verified"] == .bool(false))
        #expect(shown["config"]?["architecture"] == .string("llama"))
        #expect(shown["config"]?["quantization"] == .string("Q4_K_M"))

        let stored = try await machine.run("model", "path", id).output.trimmingCharacters(in: .newlines)
        #expect(FileManager.default.contentsEqual(atPath: stored, andPath: file.string))
        chmod(stored, 0o600)
        try Data("broken".utf8).write(to: URL(fileURLWithPath: stored))
        #expect(try await machine.run("model", "verify", id).status == 65)
        let repaired = try await machine.run("model", "verify", id, "--repair")
        #expect(repaired.status == 0, "\(repaired.errors)")
        #expect(FileManager.default.contentsEqual(atPath: stored, andPath: file.string))

        #expect(try await machine.run("model", "remove", id).status == 0)
        #expect(try await machine.run("gc").status == 0)
        #expect(try machine.storedFiles() == [])
        #expect(try FolderSnapshot(machine.folder.path.appending("my models")) == before)
    }

    @Test("a folder with safetensors is imported whole, less pickles, hidden files and links to what is no file")
    func folder() async throws {
        let machine = try Installation()
        try machine.folder.write(
            Array(#"{"model_type":"llama","max_position_embeddings":4096}"#.utf8), to: "m/config.json")
        try machine.folder.write(SafetensorsFile.bytes(), to: "m/model.safetensors")
        try machine.folder.write([1], to: "m/pytorch_model.bin")
        try machine.folder.write([1], to: "m/.git/config")
        try machine.folder.write([1], to: "m/sub/tokenizer.json")
        try machine.folder.write([1], to: "elsewhere/x.json")
        for (name, target) in ["folder": "../elsewhere", "device.json": "/dev/zero", "gone.json": "nowhere"] {
            try FileManager.default.createSymbolicLink(
                atPath: machine.folder.path.appending("m/\(name)").string, withDestinationPath: target)
        }
        let imported = try await machine.run("model", "import", "m")
        #expect(imported.status == 0, "\(imported.errors)")
        for name in ["folder: a link to no regular file", "device.json: a link to no", "gone.json: a link to nothing"] {
            #expect(imported.errors.contains("passed over \(name)"), "\(imported.errors)")
        }
        let shown = try await machine.run("model", "show", "file:\(machine.folder.path)/m", "--json").json()
        #expect(shown["source"] == .string("Local"))
        #expect(shown["config"]?["architecture"] == .string("llama"))
        #expect(shown["config"]?["contextLength"] == .integer(4096))
        #expect(
            shown["config"]?["files"]?.arrayValue?.map { $0["path"] }
                == ["config.json", "model.safetensors", "sub/tokenizer.json"].map { .string($0) })
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("a snapshot of the Hugging Face cache, whose files are links into its blobs, is imported; the cache stays")
    func snapshot() async throws {
        let machine = try Installation()
        try machine.folder.write(gguf(), to: "models--org--tiny/blobs/abc")
        let snapshot = machine.folder.path.appending("models--org--tiny/snapshots/main")
        try FileManager.default.createDirectory(atPath: snapshot.string, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: snapshot.appending("tiny-Q4_K_M.gguf").string, withDestinationPath: "../../blobs/abc")
        let before = try FolderSnapshot(machine.folder.path.appending("models--org--tiny"))
        let imported = try await machine.run("model", "import", snapshot.string, "--name", "org/tiny")
        #expect(imported.status == 0, "\(imported.errors)")
        let stored = try await machine.run("model", "path", "org/tiny").output.trimmingCharacters(in: .newlines)
        #expect(stored.hasSuffix("/tiny-Q4_K_M.gguf"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: stored)) == Data(gguf()))
        #expect(try FolderSnapshot(machine.folder.path.appending("models--org--tiny")) == before)
    }

    @Test("a file that is cut short is named by the user's own path, and a wrong digest of a stored one as well")
    func named() async throws {
        let machine = try Installation()
        let file = try machine.folder.write(Array(gguf().prefix(200)), to: "short.gguf")
        let short = try await machine.run("model", "import", "short.gguf")
        #expect(short.status == 65)
        #expect(short.errors.contains("file:\(file)"), "\(short.errors)")
        #expect(!short.errors.contains("staging"), "\(short.errors)")
        try machine.folder.write(gguf(), to: "tiny.gguf")
        #expect(try await machine.run("model", "import", "tiny.gguf").status == 0)
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let wrong = try await machine.run("model", "import", "tiny.gguf", "--expect", digest)
        #expect(wrong.status == 65)
        #expect(!wrong.errors.contains("--force"), "\(wrong.errors)")
    }

    @Test("of a folder with several quantizations the preferred one is taken, and taken as it is the next time")
    func quantizations() async throws {
        let machine = try Installation()
        try machine.folder.write(gguf(.q80), to: "m/tiny-Q8_0.gguf")
        try machine.folder.write(gguf(.q4KM), to: "m/tiny-Q4_K_M.gguf")
        let imported = try await machine.run("model", "import", "m/")
        #expect(imported.output == "file:\(machine.folder.path)/m\n", "\(imported.errors)")
        #expect(imported.errors.contains("Q4_K_M"))
        let path = try await machine.run("model", "path", imported.output.trimmingCharacters(in: .newlines)).output
        #expect(path.hasSuffix("/tiny-Q4_K_M.gguf\n"))
        let again = try await machine.run("model", "import", "m")
        #expect(again.errors.contains("is here already"))
        #expect(!again.errors.contains("copying"))
    }

    @Test("a repeated download of a file: reference copies nothing; a changed file is copied again")
    func repeated() async throws {
        let machine = try Installation()
        let file = try machine.folder.write(gguf(), to: "tiny.gguf")
        let first = try await machine.run("model", "download", "file://\(file)")
        #expect(first.output == "file:\(file)\n", "\(first.errors)")
        #expect(first.errors.contains("copying"))
        let again = try await machine.run("model", "download", "file:\(file)", "--offline")
        #expect(again.status == 0)
        #expect(again.errors.contains("is here already"))
        #expect(!again.errors.contains("copying"))
        try machine.folder.write(gguf(.q80, seed: 2), to: "tiny.gguf")
        let changed = try await machine.run("model", "download", "file:\(file)")
        #expect(changed.status == 0, "\(changed.errors)")
        let shown = try await machine.run("model", "show", "file:\(file)", "--json").json()
        #expect(shown["config"]?["quantization"] == .string("Q8_0"))
        #expect(try await machine.run("model", "verify").status == 0)
    }

    @Test("one file of a split set brings the others, and an incomplete set is refused")
    func splitSet() async throws {
        let machine = try Installation()
        for (name, seed) in [("x-00001-of-00002.gguf", 1), ("x-00002-of-00002.gguf", 2)] as [(String, UInt64)] {
            try machine.folder.write(gguf(seed: seed), to: "set/\(name)")
        }
        try machine.folder.write(gguf(), to: "half/x-00001-of-00002.gguf")
        let files = try await machine.plannedFiles("file:\(machine.folder.path)/set/x-00002-of-00002.gguf")
        #expect(
            files.map { $0["path"] }
                == ["x-00001-of-00002.gguf", "x-00002-of-00002.gguf"].map { .string($0) })
        let half = try await machine.run("model", "import", "half/x-00001-of-00002.gguf")
        #expect(half.status == 66)
        #expect(half.errors.contains("one of 2 files"))
    }

    static let refusals: [(reference: String, status: Int32)] = [
        ("file:/no/such/file.gguf", 66), ("file:relative.gguf", 64), ("file://host/x.gguf", 64),
        ("file:/%2e%2e/etc/passwd", 64), ("file:/x%0.gguf", 64), ("file:/dev/null", 64), ("file:/etc#sha256=1", 64),
        ("file:/etc/passwd", 64), ("file:/etc/default", 64),
    ]

    @Test("what is no file of this machine ends with its exit code", arguments: refusals)
    func refused(reference: String, status: Int32) async throws {
        let machine = try Installation()
        let outcome = try await machine.run("model", "download", reference)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(try machine.storedFiles() == [])
    }

    @Test("--expect is compared with what was copied")
    func expected() async throws {
        let machine = try Installation()
        try machine.folder.write(gguf(), to: "tiny.gguf")
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let outcome = try await machine.run("model", "import", "tiny.gguf", "--expect", digest)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(try machine.storedFiles() == [])
    }

    @Test("a hub that sends to a file of this machine is refused")
    func redirected() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let file = try machine.folder.write(gguf(), to: "tiny-Q4_K_M.gguf")
        machine.hub.setFault(.redirect(to: "file://\(file)"), on: "/org/tiny/resolve/")
        let outcome = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
    }

    @Test("a plug-in that lists a file of this machine is refused, were it called local", arguments: ["spy", "local"])
    func pluginRefused(name: String) async throws {
        let machine = try Installation()
        let file = try machine.folder.write(gguf(), to: "tiny.gguf")
        try machine.addVendor(
            "\(name).toml",
            """
            name = "\(name)"
            module = "process"
            provides = ["models"]
            forms = ["\(name):{org}/{name}"]

            [process]
            command = ["python3", "\(machine.vendors)/plugin.py"]
            """)
        try machine.addVendor(
            "plugin.py",
            """
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                if "id" not in request: continue
                result = None
                if request["method"] == "initialize":
                    result = {"protocol": 1, "name": "spy", "version": "1", "provides": ["models"]}
                if request["method"] == "resolve":
                    result = {"reference": request["params"]["reference"], "vendor": "spy", "kind": "model",
                              "revision": "1", "files": [{"path": "x.gguf", "urls": ["file://\(file)"]}]}
                print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
            """)
        let outcome = try await machine.run("model", "download", "\(name):org/name")
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("not plain http or https"), "\(outcome.errors)")
        #expect(try machine.storedFiles() == [])
    }
}
