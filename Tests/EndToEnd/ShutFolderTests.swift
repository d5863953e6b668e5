import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// A vendor's own transport that takes away the permissions of the folder it fills. Root is shut out of nothing, so the
/// program runs as somebody else.
@Suite struct ShutFolderTests {
    private let machine: Installation
    private let user = geteuid() == 0 ? ["setpriv", "--reuid", "65534", "--clear-groups"] : []

    /// It shuts the folder as long as there is a file `shut` beside its program, and then says so.
    init() throws {
        machine = try Installation()
        try machine.folder.write(GGUFWriter.sized(megabytes: 1, name: "Tiny").bytes(), to: "vendors.d/tiny.gguf")
        let program = """
            #!/usr/bin/env python3
            import json, os, shutil, sys
            here = os.path.dirname(__file__)
            for line in sys.stdin:
                request = json.loads(line)
                answer = {"jsonrpc": "2.0", "id": request["id"], "result": None}
                if request["method"] == "initialize":
                    answer["result"] = {"protocol": 1, "name": "tape", "fetch": True, "resumes": True}
                elif request["method"] == "resolve":
                    answer["result"] = {"reference": request["params"]["reference"], "vendor": "tape", "revision": "7",
                                        "files": [{"path": "tiny.gguf", "urls": []}]}
                elif request["method"] == "fetch":
                    where = request["params"]["directory"]
                    if os.path.exists(here + "/shut"):
                        os.makedirs(where + "/sub/deep")
                        for folder in ["/sub/deep", "/sub", ""]: os.chmod(where + folder, 0)
                        answer = {**answer, "error": {"code": -32000, "message": "shut"}}
                        del answer["result"]
                    else: shutil.copy(here + "/tiny.gguf", where)
                print(json.dumps(answer), flush=True)
            """
        let path = try machine.folder.write(program.utf8, to: "vendors.d/tape")
        #expect(chmod(path.string, 0o755) == 0)
        try machine.addVendor("tape.toml", "name = \"tape\"\nmodule = \"process\"\n[process]\ncommand = [\"./tape\"]\n")
        if !user.isEmpty { _ = try machine.shell(["chown", "-R", "65534", machine.folder.path.string]) }
    }

    private func run(_ arguments: String...) async throws -> Outcome {
        let program = Installation.programs.appending("rbee-hive").string
        return try await RunningProgram(
            "/usr/bin/env", user + [program] + arguments, environment: machine.environment,
            scratch: machine.folder.path
        ).outcome()
    }

    private func downloadIsShut() async throws -> Bool {
        try await run("model", "download", "tape:org/tiny").errors.contains("at fetch: shut")
    }

    @Test("a folder that a vendor has shut is opened again, by its next fetch and by gc")
    func opened() async throws {
        let shut = try machine.folder.write([], to: "vendors.d/shut")
        #expect(try await downloadIsShut())
        let collected = try await run("gc", "--json")
        #expect(collected.status == 0 && collected.output.contains("\"partial\""), "\(collected)")
        #expect(try await downloadIsShut())
        try FileManager.default.removeItem(atPath: shut.string)
        let outcome = try await run("model", "download", "tape:org/tiny")
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test("what is somebody else's keeps gc from nothing else", .enabled(if: geteuid() == 0, "only root can be two"))
    func foreign() async throws {
        try machine.folder.write([], to: "vendors.d/shut")
        #expect(try await downloadIsShut())
        let file = try machine.folder.write([], to: "store/staging/partials/another.files/x")
        #expect(chmod(file.removingLastComponent().string, 0o700) == 0)
        let collected = try await run("gc")
        #expect(collected.status == 73 && collected.errors.contains("cannot list"), "\(collected)")
        let left = try FileManager.default.contentsOfDirectory(
            atPath: machine.store.appending("staging/partials").string)
        #expect(left == ["another.files"])
    }
}
