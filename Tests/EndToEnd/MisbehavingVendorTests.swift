import ArtifactTypes
import Foundation
import SystemPackage
import TestHub
import TestSupport
import Testing

/// Vendors that misbehave, one after the other in one run of the program, and one that does not.
@Suite struct MisbehavingVendorTests {
    private struct Misdeed {
        let name: String
        /// Python that answers `resolve`, or does something else.
        let resolve: String
        let status: Int32
        let message: String

        init(_ name: String, _ resolve: String, _ status: Int32, _ message: String) {
            self.name = name
            self.resolve = resolve
            self.status = status
            self.message = message
        }

        static func lie(_ name: String, _ file: String, _ status: Int32, _ message: String) -> Misdeed {
            Misdeed(name, "answer(request, files=[file(\(file))])", status, message)
        }
    }

    private static let misdeeds = [
        Misdeed("crash", "raise RuntimeError('the reason')", 69, "crash, at resolve: it ended without an answer"),
        Misdeed("exit", "os._exit(0)", 69, "exit, at resolve: it ended without an answer"),
        Misdeed(
            "garbage", "os.write(1, b'hello\\n')", 69,
            "at resolve: what it writes is not a message of the protocol: hel"),
        Misdeed("half", "os.write(1, b'{\"jsonrpc\":'); os._exit(0)", 69, "at resolve"),
        Misdeed("other-id", "answer({**request, 'id': 99})", 69, "nobody waits for (id 99)"),
        Misdeed("twice", "answer(request); answer(request)", 69, "twice, at shutdown"),
        Misdeed("utf8", "os.write(1, b'\"\\xff\"\\n')", 69, "not UTF-8"),
        Misdeed("line", "[os.write(1, b'x' * 65536) for _ in range(16384)]", 69, "over the limit"),
        Misdeed(
            "slow",
            "send({'id': request['id'], 'error': {'code': -32000, 'message': 'slow', "
                + "'data': {'code': 'rateLimited', 'retryAfter': 7}}})", 75, "slow"),
        Misdeed("stderr", "[os.write(2, b'y\\n' * 32768) for _ in range(163840)]", 69, "log is over the limit"),
        Misdeed("fork", "daemon(); os._exit(1)", 69, "fork, at resolve"),
        .lie("climb", "path='../../out'", 65, "unsafe path ../../out"),
        .lie("local", "urls=['file:///etc/passwd']", 65, "not plain http or https"),
        .lie("plain", "urls=['http://192.0.2.1/a']", 65, "a plain http URL"),
        .lie("link-local", "urls=['https://169.254.169.254/latest/meta-data']", 65, "169.254.169.254"),
        .lie("liar", "digest='sha256:' + 'a' * 64", 65, "tiny-Q4_K_M.gguf"),
        .lie("short", "size=7", 65, "tiny-Q4_K_M.gguf"),
    ]

    /// It does not notice that nobody listens any more.
    private static let hanging = Misdeed(
        "hang",
        "daemon(); bare(); note(); send({'method': 'progress', 'params': {'message': 'hanging'}}); time.sleep(3600)",
        69, "")

    private func addVendors(to machine: Installation) throws {
        let url = "\(machine.hub.hub)/org/tiny/resolve/main/tiny-Q4_K_M.gguf"
        for misdeed in Self.misdeeds + [Self.hanging, Misdeed("good", "answer(request)", 0, "")] {
            let program = """
                #!/usr/bin/env python3
                import json, os, sys, time
                here = os.path.dirname(os.path.abspath(__file__))
                def send(message): os.write(1, json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\\n")
                def file(**members): return {"path": "tiny-Q4_K_M.gguf", "urls": ["\(url)"], **members}
                def answer(request, files=None): send({"id": request["id"], "result": {
                    "reference": request["params"]["reference"], "vendor": "x", "revision": "1", "files": files or [file()]}})
                def note():
                    with open(here + "/pids", "a") as pids: pids.write(f"{os.getpid()}\\n")
                def daemon():
                    tells, told = os.pipe()
                    if os.fork() == 0:
                        os.setsid()
                        if os.fork() == 0:
                            for stream in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), stream)
                            note()
                            os.write(told, b"1")
                            os.execvp("sleep", ["sleep", "3600"])
                        os._exit(0)
                    os.wait()
                    os.read(tells, 1)
                def bare():
                    ends, end = os.pipe()
                    if os.fork() == 0:
                        note()
                        os.execve("/bin/sleep", ["sleep", "3600"], {})
                    os.close(end)
                    os.read(ends, 1)  # comes to its end once that is another program
                for line in sys.stdin:
                    request = json.loads(line)
                    if request.get("method") == "initialize":
                        send({"id": request["id"], "result": {"protocol": 1, "name": "x"}})
                    elif request.get("method") == "resolve": \(misdeed.resolve)
                    elif "id" in request: send({"id": request["id"], "result": None})
                """
            let path = try machine.folder.write(program.utf8, to: "vendors.d/\(misdeed.name)")
            #expect(chmod(path.string, 0o755) == 0)
            try machine.addVendor(
                "\(misdeed.name).toml",
                """
                name = "\(misdeed.name)"
                module = "process"
                [process]
                command = ["./\(misdeed.name)"]
                origins = ["\(machine.hub.hub)"]
                """)
        }
    }

    /// The peak memory of the program and of each program that it waited for, in KiB.
    private func peakMemory(of arguments: [String], _ machine: Installation) async throws -> (Outcome, Int) {
        let measure =
            "import resource, subprocess, sys; status = subprocess.call(sys.argv[2:]); "
            + "open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(status)"
        let file = machine.folder.path.appending("peak")
        let program = try RunningProgram(
            FilePath("/usr/bin/env"),
            ["python3", "-c", measure, file.string, Installation.programs.appending("rbee-hive").string] + arguments,
            environment: machine.environment, scratch: machine.folder.path)
        let outcome = try await program.outcome()
        return (outcome, try #require(Int(try String(contentsOfFile: file.string, encoding: .utf8))))
    }

    @Test("each fails by itself, named, with its exit code; the next ones go on, memory stays, no process is left")
    func allInOneRun() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try addVendors(to: machine)
        let (alone, least) = try await peakMemory(of: ["model", "download", "good:org/other"], machine)
        #expect(alone.status == 0, "\(alone.errors)")

        let references = Self.misdeeds.map { "\($0.name):org/name" } + ["good:org/tiny"]
        let (outcome, peak) = try await peakMemory(of: ["model", "download", "--json"] + references, machine)
        #expect(outcome.status == 69)
        let events = try outcome.events()
        let errors = events.filter { $0["event"] == .string("error") }
        #expect(errors.count == Self.misdeeds.count)
        for (error, misdeed) in zip(errors, Self.misdeeds) {
            let message = error["message"]?.stringValue ?? ""
            #expect(error["exit"] == .integer(Int64(misdeed.status)), "\(misdeed.name): \(message)")
            #expect(message.contains(misdeed.message), "\(misdeed.name): \(message)")
            #expect(message.contains("vendor \(misdeed.name)"), "\(message)")
        }
        let slow = errors.first { $0["code"] == .string("rateLimited") }
        #expect(slow?["retryAfter"] == .integer(7) && slow?["remedy"] == .string("try again in 7 s"))
        for name in ["liar", "short", "link-local"] {
            let subject = "\(name):org/name of vendor \(name): "
            #expect(errors.contains { $0["message"]?.stringValue?.hasPrefix(subject) == true }, "\(name)")
        }
        #expect(events.last?["model"]?["id"] == .string("good:org/tiny:Q4_K_M"))
        #expect(peak - least < 64 << 10, "\(least) KiB alone, \(peak) KiB with all of them")

        let noted = try String(contentsOfFile: machine.vendors.appending("pids").string, encoding: .utf8)
        let daemons = noted.split(separator: "\n").compactMap { Int32($0) }
        #expect(daemons.count == 4)
        #expect(daemons.filter { kill($0, 0) == 0 } == [])
        #expect(!FileManager.default.fileExists(atPath: machine.folder.path.appending("out").string))
        #expect(try await machine.run("model", "list").output.contains("good:org/tiny"))
    }

    @Test("what hangs when the program is killed, and what it has started, is ended by the next one that asks a vendor")
    func leftBehind() async throws {
        let machine = try Installation()
        try machine.addTinyModel()
        try addVendors(to: machine)
        let program = try machine.start(["model", "download", "--json", "hang:org/tiny"])
        #expect(await program.prints("hanging"))
        let noted = try String(contentsOfFile: machine.vendors.appending("pids").string, encoding: .utf8)
        let left = noted.split(separator: "\n").compactMap { Int32($0) }
        #expect(left.count == 3 && left.allSatisfy(isAlive))
        // From now on any hive may end them, another test's too.
        program.send(SIGKILL)
        #expect(try await program.outcome().status == 128 + SIGKILL)
        let next = try await machine.run("model", "download", "good:org/tiny")
        #expect(next.status == 0, "\(next.errors)")
        #expect(await eventually { !left.contains(where: isAlive) })
    }
}
