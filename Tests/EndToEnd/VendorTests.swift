import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

@Suite struct VendorTests {
    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
    static let example = root.appending("Plugins/Examples/example-hub")

    @Test("the shipped vendors.d and the examples' files are right as they stand")
    func shipped() async throws {
        let machine = try Installation()
        let folders = ["vendors.d"] + ["example-hub", "modelscope", "civitai"].map { "Plugins/Examples/\($0)" }
        let listed = try await machine.run(
            "vendor", "list", "--json",
            environment: ["RBEE_VENDORS_D": folders.map { Self.root.appending($0).string }.joined(separator: ":")])
        #expect(listed.status == 0, "\(listed.errors)")
        let entries = try listed.json().arrayValue ?? []
        #expect(entries.filter { $0["state"] == .string("error") } == [])
        let fromFiles = entries.filter { $0["file"] != .null && $0["state"] == .string("ok") }.map { $0["name"] }
        #expect(
            fromFiles
                == ["hf", "oci", "rbee", "tarball", "workers", "example", "modelscope", "civitai"].map { .string($0) })
    }

    @Test("a vendor dropped in as a script downloads a model; without its file it is gone")
    func droppedIn() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.example.string) {
            try FileManager.default.copyItem(
                atPath: Self.example.appending(name).string, toPath: machine.vendors.appending(name).string)
        }
        let environment = ["EXAMPLE_HUB": machine.hub.hub]
        let outcome = try await machine.run("model", "download", "example:org/tiny:Q8_0", environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "example:org/tiny:Q8_0\n")
        #expect(try await machine.run("model", "verify").status == 0)
        let shown = try await machine.run("model", "show", "example:org/tiny", "--json").json()
        #expect(shown["source"]?["Other"] == .string("example"))
        #expect(shown["verified"] == .bool(true))

        machine.hub.forgetRequests()
        for (selector, status) in [("Q8_0", Int32(0)), ("Q4_K_M", 69)] {
            let offline = try await machine.run(
                "model", "download", "example:org/tiny:\(selector)", "--offline", environment: environment)
            #expect(offline.status == status, "\(offline.errors)")
        }
        #expect(machine.hub.requests.isEmpty)

        try FileManager.default.removeItem(atPath: machine.vendors.appending("example.toml").string)
        #expect(try await machine.run("model", "download", "example:org/tiny:Q4_K_M").status == 64)
        #expect(try await machine.run("model", "path", "example:org/tiny").status == 0)
    }

    @Test("a typo in a vendors.d file is shown with its line, and the other vendors work")
    func typo() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "huggingface"

            [huggingface]
            endpont = "\(machine.hub.hub)"
            """)
        let list = try await machine.run("vendor", "list")
        #expect(list.status == 0)
        #expect(list.errors.contains("corp.toml:5") && list.errors.contains("endpoint"))
        #expect(list.output.split(separator: "\n").contains { $0.hasPrefix("corp") && $0.contains(" error ") })
        let json = try await machine.run("vendor", "list", "--json").json()
        let corp = json.arrayValue?.first { $0["name"] == .string("corp") }
        #expect(corp?["state"] == .string("error"))
        #expect(corp?["error"]?["line"] == .integer(5))
        #expect(corp?["error"]?["suggestion"] == .string("endpoint"))

        #expect(try await machine.run("model", "download", "corp:org/tiny:Q4_K_M").status == 78)
        #expect(try await machine.run("model", "download", "org/tiny:Q4_K_M").status == 0)
        #expect(try await machine.run("model", "list", "--strict-vendors").status == 78)
    }

    @Test("another instance of a module is a file")
    func namedMirror() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "huggingface"
            provides = ["models"]

            [huggingface]
            endpoint = "\(machine.hub.hub)"
            """)
        let outcome = try await machine.run(
            "model", "download", "corp:org/tiny:Q4_K_M", environment: ["HF_ENDPOINT": "http://127.0.0.1:1"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "corp:org/tiny:Q4_K_M\n")
        let explained = try await machine.run("vendor", "explain", "corp:org/tiny")
        #expect(explained.status == 0)
        #expect(explained.output.contains("corp"))
    }

    @Test("show says where each value came from, and no secret")
    func shown() async throws {
        let machine = try Installation()
        let environment = ["HF_TOKEN": "hf_s3cret"]
        let shown = try await machine.run("vendor", "show", "hf", "--json", environment: environment)
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(!(shown.output + shown.errors).contains("s3cret"))
        let settings = try shown.json()["settings"]?.arrayValue ?? []
        let endpoint = settings.first { $0["key"] == .string("huggingface.endpoint") }
        #expect(endpoint?["value"] == .string(machine.hub.hub))
        #expect(endpoint?["from"] == .string("environment") && endpoint?["variable"] == .string("HF_ENDPOINT"))
        let token = settings.first { $0["key"] == .string("huggingface.token") }
        #expect(token?["secret"] == .bool(true))
        #expect(token?["value"] == .string("environment variable HF_TOKEN"))

        try machine.addVendor(
            "hf.toml",
            """
            name = "hf"
            module = "huggingface"
            [huggingface]
            endpoint = "https://x.example"
            """)
        let text = try await machine.run("vendor", "show", "hf", environment: environment)
        #expect(text.output.contains("hf.toml:4") && !text.output.contains("HF_TOKEN"), "\(text.output)")
        #expect(text.errors.contains("in the place of the built-in vendor"))
        #expect(try await machine.run("vendor", "show", "nobody").status == 64)
    }

    @Test("a vendor is added by one command, used, disabled and enabled")
    func added() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        let add = ["vendor", "add", "--module", "huggingface", "--name", "corp", "--endpoint", machine.hub.hub]
        let dry = try await machine.start(add + ["--dry-run"]).outcome()
        #expect(dry.status == 0 && dry.output.contains("endpoint = \"\(machine.hub.hub)\""), "\(dry.errors)")
        let added = try await machine.start(add).outcome()
        #expect(added.status == 0, "\(added.errors)")
        #expect(added.output.hasSuffix("/home/.config/rbee/vendors.d/corp.toml\n"))
        #expect(try await machine.start(add).outcome().status == 64)
        #expect(try await machine.start(add + ["--dry-run"]).outcome().status == 64)
        #expect(try await machine.run("model", "download", "corp:org/tiny:Q4_K_M").status == 0)
        #expect(try await machine.run("vendor", "disable", "corp").status == 0)
        #expect(try await machine.run("model", "download", "corp:org/tiny:Q8_0").status == 78)
        #expect(try await machine.run("vendor", "enable", "corp").status == 0)
        #expect(try await machine.run("model", "download", "corp:org/tiny:Q8_0").status == 0)

        let wrong = try await machine.run(
            "vendor", "add", "--module", "huggingface", "--name", "lab", "--set", "endpont=https://lab.example")
        #expect(wrong.status == 64 && wrong.errors.contains("lab.toml:5:1: unknown key"), "\(wrong.errors)")
        let secret = try await machine.run(
            "vendor", "add", "--module", "huggingface", "--name", "lab", "--set", "token=hf_s3cret")
        #expect(secret.status == 64 && !secret.errors.contains("s3cret"), "\(secret.errors)")
    }

    @Test("a vendor's own settings reach it as its file has them, and show lists them")
    func ownSettings() async throws {
        let machine = try Installation()
        let program = """
            #!/usr/bin/env python3
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                answer = {"jsonrpc": "2.0", "id": request["id"], "result": {"protocol": 1, "name": "own"}}
                if request["method"] == "initialize": options = request["params"]["configuration"]["options"]
                else: answer = {"jsonrpc": "2.0", "id": request["id"], "error":
                    {"code": -32000, "message": json.dumps(options, sort_keys=True), "data": {"code": "notFound"}}}
                print(json.dumps(answer), flush=True)
            """
        let path = try machine.folder.write(program.utf8, to: "vendors.d/own")
        #expect(chmod(path.string, 0o755) == 0)
        let file = """
            name = "own"
            module = "process"
            [process]
            command = ["./own"]
            [process.options]
            region = "eu"
            depth = 3
            mirrors = [{ url = "https://a.example" }]
            """
        try machine.addVendor("own.toml", file)
        let outcome = try await machine.run("model", "download", "own:a/b")
        let told = #"{"depth": 3, "mirrors": [{"url": "https://a.example"}], "region": "eu"}"#
        #expect(outcome.status == 66 && outcome.errors.contains(told), "\(outcome.errors)")
        let shown = try await machine.run("vendor", "show", "own")
        #expect(
            shown.output.contains("process.options.region") && shown.output.contains("own.toml:6"), "\(shown.output)")

        try machine.addVendor("own.toml", file + "\nupstream = \"https://me:s3cret@a.example\"")
        let refused = try await machine.run("model", "download", "own:a/b")
        #expect(refused.status == 78 && refused.errors.contains("own.toml:9"), "\(refused.errors)")
    }

    @Test(
        "a daemon of an empty environment that a plug-in leaves behind is ended with it", arguments: ["hang", "exit"])
    func daemon(_ end: String) async throws {
        let machine = try Installation()
        let program = machine.vendors.appending("daemon.py").string
        let text = """
            #!/usr/bin/env python3
            import os, sys, time
            here = os.path.dirname(os.path.abspath(__file__))
            sys.stdin.readline()
            open(here + "/pids", "a").close()
            def count(): return len(open(here + "/pids").readlines())
            before = count()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    for stream in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), stream)
                    with open(here + "/pids", "a") as pids: pids.write(f"{os.getpid()}\\n")
                    os.execve("/bin/sleep", ["sleep", "3600"], {})
                os._exit(0)
            os.wait()
            while count() == before: time.sleep(0.001)
            if "\(end)" == "exit": os._exit(1)
            sys.stdout.write("noise\\n")
            sys.stdout.flush()
            time.sleep(3600)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: program))
        #expect(chmod(program, 0o755) == 0)
        try machine.addVendor("d.toml", "name = \"d\"\nmodule = \"process\"\n[process]\ncommand = [\"./daemon.py\"]")
        #expect(try await machine.run("model", "download", "d:org/name").status == 69)
        let noted = try String(contentsOfFile: machine.vendors.appending("pids").string, encoding: .utf8)
        let daemons = noted.split(separator: "\n").compactMap { Int32($0) }
        #expect(daemons.count == (end == "exit" ? 4 : 1))
        #expect(daemons.filter { kill($0, 0) == 0 } == [])
    }

    @Test("a bare name means the model of the vendor that would download it, or else the hub's")
    func bareNames() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        #expect(try await machine.run("model", "download", "org/tiny:Q8_0").status == 0)
        try machine.addVendor(
            "corp.toml",
            """
            name = "corp"
            module = "huggingface"
            priority = 60
            forms = ["{org}/{name}", "corp:{org}/{name}"]

            [huggingface]
            endpoint = "\(machine.hub.hub)"
            """)
        let outcome = try await machine.run("model", "download", "org/tiny:Q4_K_M")
        #expect(outcome.output == "corp:org/tiny:Q4_K_M\n", "\(outcome.errors)")
        for command in ["path", "verify", "pin", "show"] {
            #expect(try await machine.run("model", command, "org/tiny:q4_k_m").status == 0, "\(command)")
            #expect(try await machine.run("model", command, "org/tiny:Q8_0").status == 0, "\(command)")
        }
        #expect(try await machine.run("model", "remove", "org/tiny").output.contains("corp:org/tiny:Q4_K_M"))
        let left = try await machine.run("model", "show", "org/tiny", "--json").json()
        #expect(left["id"] == .string("hf:org/tiny:Q8_0"))
    }

    @Test(
        "what a module refuses is said once, with the line of the option",
        arguments: [
            ("oci", ["registry = \"https://reg.example/path\""], 4),
            ("oci", ["realms = [\"https://auth.example\"]", "username = \"bot\""], 5),
            ("git", ["url = \"https://git.example/x\"", "branch = \"main\"", "tag = \"v1\""], 6),
            ("git", ["url = \"https://git.example/x\"", "timeout = 0"], 5),
            ("huggingface", ["endpoint = \"https://hub.example\"", "mirrors = [\"https://b.example/?x\"]"], 5),
            ("tarball", ["token = { env = \"T\" }"], 4), ("process", ["command = [\"a/b\"]"], 4),
            ("process", ["command = [\"/bin/true\"]", "origins = [\"http://a.example/b\"]"], 5),
        ])
    func moduleRefusal(module: String, options: [String], line: Int) async throws {
        let machine = try Installation()
        let text = options.joined(separator: "\n")
        try machine.addVendor("reg.toml", "name = \"reg\"\nmodule = \"\(module)\"\n[\(module)]\n\(text)\n")
        let listed = try await machine.run("vendor", "list")
        let place = "\(machine.vendors.appending("reg.toml")):\(line):1: vendor reg: "
        #expect(listed.errors.contains(place), "\(listed.errors)")
        let used = try await machine.run("model", "download", "reg:a/b:1")
        #expect(used.status == 78 && used.errors.contains(place), "\(used.errors)")
        #expect(!used.errors.contains("vendor reg: vendor reg"), "\(used.errors)")
    }
}
