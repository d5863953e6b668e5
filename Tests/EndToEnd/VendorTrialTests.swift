import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// `vendor test`: what an author of a vendor is told.
@Suite struct VendorTrialTests {
    @Test("the example passes the conformance suite; what a broken one does wrong is said, with its exit code")
    func conformance() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let file = VendorTests.example.appending("example.toml").string
        let environment = ["EXAMPLE_HUB": machine.hub.hub]
        let good = try await machine.run("vendor", "test", file, "example:org/tiny", environment: environment)
        #expect(good.status == 0, "\(good.output)\(good.errors)")
        for check in ["handshake", "cancellation", "resolve example:org/tiny", "download example:org/tiny"] {
            #expect(good.output.contains("ok    \(check)"), "\(good.output)")
        }
        #expect(try await machine.run("model", "list", "--json").output == "[]\n")
        let program = VendorTests.example.appending("rbee-vendor-example").string
        machine.hub.forgetRequests()
        let bare = try await machine.run(
            "vendor", "test", program, "example:org/tiny", "--no-fetch", environment: environment)
        #expect(bare.status == 0 && !bare.output.contains("download"), "\(bare.output)\(bare.errors)")
        #expect(machine.payloadRequests.isEmpty)
        machine.hub.setFault(Fault(.corrupt(at: 4000)), on: "/cdn/")
        let bad = try await machine.run("vendor", "test", file, "example:org/tiny", environment: environment)
        #expect(bad.status == 65 && bad.output.contains("FAIL  download example:org/tiny"), "\(bad.output)")
        machine.hub.clearFaults()

        let silent = machine.vendors.appending("broken").string
        try Data("#!/bin/sh\necho starting up\nexec cat\n".utf8).write(to: URL(fileURLWithPath: silent))
        #expect(chmod(silent, 0o755) == 0)
        try machine.addVendor(
            "broken.toml", "name = \"broken\"\nmodule = \"process\"\n[process]\ncommand = [\"./broken\"]")
        let broken = try await machine.run("vendor", "test", "broken", "--json")
        #expect(broken.status == 69, "\(broken.errors)")
        let checks = try broken.json()["checks"]?.arrayValue ?? []
        #expect(checks.first?["name"] == .string("handshake") && checks.first?["outcome"] == .string("failed"))
        #expect(try await machine.run("vendor", "test", "hf", "org/tiny").status == 0)
        #expect(try await machine.run("vendor", "test", "hf", "org/none").status == 66)
        #expect(try await machine.run("vendor", "test", "./none.toml").status == 66)
        let foreign = try await machine.run("vendor", "test", file, "hf:org/tiny", environment: environment)
        #expect(foreign.status == 64 && foreign.errors.contains("it takes example:{org}/{name}"), "\(foreign.errors)")
        try machine.addVendor("typo.toml", "name = \"typo\"\nmodul = \"process\"")
        let typo = try await machine.run("vendor", "test", machine.vendors.appending("typo.toml").string)
        #expect(typo.status == 78 && typo.errors.contains("typo.toml:2:1"), "\(typo.errors)")
    }

    @Test("how a program ended is said, and a store that a killed test left is swept")
    func endings() async throws {
        let machine = try Installation()
        let temporary = machine.folder.path.appending("tmp")
        let old = temporary.appending("rbee-vendor-test-old")
        try FileManager.default.createDirectory(atPath: old.string, withIntermediateDirectories: true)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: old.string)
        let environment = ["EXAMPLE_HUB": machine.hub.hub, "TMPDIR": temporary.string]
        try machine.addTinyModel()
        let file = VendorTests.example.appending("example.toml").string
        #expect(try await machine.run("vendor", "test", file, "example:org/tiny", environment: environment).status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.string) == [])

        for (end, text) in [
            ("exit 3", "(exit status 3)"), ("kill -SEGV $$", "(signal 11)"), ("exit 0", "(exit status 0)"),
        ] {
            try machine.folder.write("#!/bin/sh\n\(end)\n".utf8, to: "program")
            let program = machine.folder.path.appending("program").string
            #expect(chmod(program, 0o755) == 0)
            let outcome = try await machine.run("vendor", "test", program)
            #expect(outcome.status == 69 && outcome.output.contains(text), "\(outcome.output)")
        }
        try machine.folder.write("#!/no/such/interpreter\n".utf8, to: "program")
        let outcome = try await machine.run("vendor", "test", machine.folder.path.appending("program").string)
        #expect(outcome.output.contains("first line names is not there"), "\(outcome.output)")
        #expect(chmod(machine.folder.path.appending("program").string, 0o644) == 0)
        let plain = try await machine.run("vendor", "test", machine.folder.path.appending("program").string)
        #expect(plain.status == 78 && plain.errors.contains("chmod +x"), "\(plain.errors)")
    }

    private static let workerVendor = """
        #!/usr/bin/env python3
        import json, sys
        for line in sys.stdin:
            try: request = json.loads(line)
            except ValueError: break
            if "id" not in request: continue
            answer, error = {"jsonrpc": "2.0", "id": request["id"]}, None
            if request["method"] == "initialize":
                options = request["params"]["configuration"]["options"]
                answer["result"] = {"protocol": 1, "name": "tools"}
            elif request["method"] == "shutdown": answer["result"] = None
            elif request["method"] != "resolve": error = {"code": -32601, "message": "unknown"}
            elif request["params"]["reference"] not in ("tools:tool", "tools:tool@1") or request["params"]["kind"] != "worker":
                error = {"code": -32000, "message": "none such", "data": {"code": "notFound"}}
            else:
                file = {"path": "tool-1.0.0.tar.gz", "size": options["size"], "digest": options["digest"],
                        "urls": [options["url"]], "unpack": {"archive": {"strip": 0}}}
                answer["result"] = {"reference": "tools:tool", "vendor": "tools", "revision": "1", "files": [file]}
            if error: answer["error"] = error
            print(json.dumps(answer), flush=True)
        """

    /// A vendor with workers alone, whose one archive is `archive`.
    private func addWorkerVendor(_ archive: [UInt8], to machine: Installation) throws -> String {
        let url = try machine.hub.addRelease("tool.tar.gz", .bytes(archive))
        let program = try machine.folder.write(Self.workerVendor.utf8, to: "vendors.d/tools")
        #expect(chmod(program.string, 0o755) == 0)
        let file = try machine.folder.write(archive, to: "archive")
        let digest = try machine.shell(["sha256sum", file.string]).prefix(64)
        try machine.addVendor(
            "tools.toml",
            """
            name = "tools"
            module = "process"
            provides = ["workers"]
            [process]
            command = ["./tools"]
            origins = ["\(machine.hub.hub)"]
            [process.options]
            url = "\(url)"
            size = \(archive.count)
            digest = "sha256:\(digest)"
            """)
        return machine.vendors.appending("tools.toml").string
    }

    @Test("a vendor of workers is tried as one: what it resolves is installed and run, and nothing is kept")
    func workers() async throws {
        let machine = try Installation()
        let file = try addWorkerVendor(machine.makeToolArchive(), to: machine)
        let tested = try await machine.run("vendor", "test", file, "tools:tool")
        #expect(tested.status == 0, "\(tested.output)\(tested.errors)")
        #expect(tested.output.contains("ok    install tools:tool: tool-cpu-1.0.0-linux"), "\(tested.output)")
        #expect(tested.output.contains("verified, run in the sandbox"), "\(tested.output)")
        #expect(try await machine.run("worker", "list", "--json").output == "[]\n")

        machine.hub.setFault(Fault(.corrupt(at: 100)), on: "/files/")
        let damaged = try await machine.run("vendor", "test", "tools", "tools:tool")
        #expect(damaged.status == 65 && damaged.output.contains("FAIL  install tools:tool"), "\(damaged.output)")
        machine.hub.clearFaults()
        #expect(try await machine.run("vendor", "test", "tools", "tools:none").status == 66)
        let unasked = try await machine.run("vendor", "test", "tools", "tools:tool", "--no-fetch")
        #expect(unasked.status == 0 && !unasked.output.contains("install"), "\(unasked.output)")
    }

    @Test("what is installed and does not run fails the trial; what would be built is resolved, and said to be no more")
    func programs() async throws {
        let machine = try Installation()
        let program = try machine.folder.write("#!/bin/sh\nexit 3\n".utf8, to: "x/bin/tool")
        #expect(chmod(program.string, 0o755) == 0)
        try machine.shell(["tar", "-C", "x", "-czf", "x.tar.gz", "bin"])
        let archive = try Data(contentsOf: URL(fileURLWithPath: machine.folder.path.appending("x.tar.gz").string))
        _ = try addWorkerVendor(Array(archive), to: machine)
        let failing = try await machine.run("vendor", "test", "tools", "tools:tool")
        #expect(failing.status == 65 && failing.output.contains("bin/NAME"), "\(failing.output)")

        let repository = try machine.makeWorkerRepository()
        try machine.addWorkerVendor(url: repository.string)
        let built = try await machine.run("vendor", "test", "demo", "demo:worker")
        #expect(built.status == 0 && built.output.contains("resolved only"), "\(built.output)\(built.errors)")
    }
}
