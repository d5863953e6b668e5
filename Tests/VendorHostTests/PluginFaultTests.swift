import ArtifactTypes
import Provisioning
import Testing
import VendorHost

/// A way in which a plug-in misbehaves, and what is said of it.
struct PluginFault: Sendable, CustomTestStringConvertible {
    let what: String
    let behaviour: String
    /// Where it goes wrong, as the error names it; nil where the error names no stage.
    let stage: String?
    let message: String
    var code = ProvisionError.Code.unavailable
    var limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))

    var testDescription: String { what }

    private static func at(
        initialize: Duration = .seconds(60), resolve: Duration = .seconds(60), shutdown: Duration = .seconds(60),
        messageSize: Int = 8 << 20
    ) -> VendorLimits {
        VendorLimits(initialize: initialize, resolve: resolve, shutdown: shutdown, messageSize: messageSize)
    }

    static let hanging = [
        PluginFault(
            what: "hangs before it reads", behaviour: "hang()", stage: "initialize", message: "no answer within",
            limits: at(initialize: .milliseconds(500))),
        PluginFault(
            what: "hangs in initialize", behaviour: "def initialize(request): hang()", stage: "initialize",
            message: "no answer within", limits: at(initialize: .milliseconds(500))),
        PluginFault(
            what: "hangs in resolve", behaviour: "def resolve(request): hang()", stage: "resolve",
            message: "no answer within", limits: at(resolve: .milliseconds(200))),
        PluginFault(
            what: "hangs in shutdown", behaviour: "def shutdown(request): hang()", stage: "shutdown",
            message: "no answer within", limits: at(shutdown: .milliseconds(200))),
        PluginFault(
            what: "ignores TERM and hangs",
            behaviour: "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef resolve(request): hang()",
            stage: "resolve",
            message: "no answer within", limits: at(resolve: .milliseconds(200))),
        PluginFault(
            what: "closes its output and hangs",
            behaviour: "def resolve(request):\n    os.close(1)\n    hang()", stage: "resolve",
            message: "ended without an answer"),
        PluginFault(
            what: "sends progress for ever",
            behaviour: """
                def resolve(request):
                    while True:
                        send({"jsonrpc": "2.0", "method": "progress", "params": {"message": "soon"}})
                        time.sleep(0.01)
                """, stage: "resolve", message: "no answer within", limits: at(resolve: .milliseconds(200))),
        PluginFault(
            what: "leaves a child that holds its output",
            behaviour: """
                def resolve(request):
                    note_process(subprocess.Popen(["sleep", "3600"]).pid)
                    os._exit(0)
                """, stage: "resolve", message: "", limits: at(resolve: .seconds(1))),
        PluginFault(
            what: "forks twice and goes",
            behaviour: """
                def resolve(request):
                    if os.fork() == 0:
                        if os.fork() == 0:
                            note_process(os.getpid())
                            hang()
                        os._exit(0)
                    os.wait()
                    os._exit(0)
                """, stage: "resolve", message: "", limits: at(resolve: .seconds(1))),
    ]

    /// A process that has left the plug-in's group and session, as a daemon does.
    private static let daemon = """
        def daemon():
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    note_process(os.getpid())
                    for stream in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), stream)
                    hang()
                os._exit(0)
            os.wait()
            while len(open(here + "/pids").readlines()) < 2: time.sleep(0.001)

        """

    static let escaping = [
        PluginFault(
            what: "starts a daemon and hangs",
            behaviour: daemon + "def resolve(request):\n    daemon()\n    hang()", stage: "resolve",
            message: "no answer within", limits: at(resolve: .seconds(1))),
        PluginFault(
            what: "leaves a child in a session of its own",
            behaviour: """
                def resolve(request):
                    note_process(subprocess.Popen(["sleep", "3600"], start_new_session=True).pid)
                    hang()
                """, stage: "resolve", message: "no answer within", limits: at(resolve: .seconds(1))),
    ]

    static let ending = [
        PluginFault(
            what: "crashes at its start", behaviour: "raise RuntimeError('the reason')", stage: "initialize",
            message: "RuntimeError: the reason"),
        PluginFault(
            what: "crashes in resolve", behaviour: "def resolve(request): raise RuntimeError('the reason')",
            stage: "resolve", message: "RuntimeError: the reason"),
        PluginFault(
            what: "exits 0 without an answer", behaviour: "def resolve(request): os._exit(0)", stage: "resolve",
            message: "ended without an answer"),
        PluginFault(
            what: "kills itself", behaviour: "def resolve(request): os.kill(os.getpid(), signal.SIGKILL)",
            stage: "resolve", message: "ended without an answer"),
        PluginFault(
            what: "ends in the middle of a message",
            behaviour: "def resolve(request):\n    os.write(1, b'{\"jsonrpc\": \"2.0\", \"id\"')\n    os._exit(0)",
            stage: "resolve", message: ""),
        PluginFault(
            what: "stops in the middle of a message",
            behaviour: "def resolve(request):\n    os.write(1, b'{\"jsonrpc\": \"2.0\", \"id\"')\n    hang()",
            stage: "resolve", message: "no answer within", limits: at(resolve: .milliseconds(300))),
    ]

    static let talking = [
        PluginFault(
            what: "answers before it is asked", behaviour: "send({'jsonrpc': '2.0', 'id': 2, 'result': None})",
            stage: "initialize", message: "nobody waits for (id 2)"),
        PluginFault(
            what: "answers garbage", behaviour: "def resolve(request): os.write(1, b'hello\\n')", stage: "resolve",
            message: "not a message of the protocol"),
        PluginFault(
            what: "answers an array", behaviour: "def resolve(request): send([1, 2, 3])", stage: "resolve",
            message: "not a message of the protocol"),
        PluginFault(
            what: "answers JSON nested without end",
            behaviour: "def resolve(request): os.write(1, b'[' * 100000 + b'\\n')", stage: "resolve",
            message: "not a message of the protocol"),
        PluginFault(
            what: "answers another request",
            behaviour: "def resolve(request): send({'jsonrpc': '2.0', 'id': 99, 'result': resolution(request)})",
            stage: "resolve", message: "nobody waits for (id 99)"),
        PluginFault(
            what: "answers twice",
            behaviour: """
                def resolve(request):
                    send({"jsonrpc": "2.0", "id": request["id"], "result": resolution(request)})
                    return resolution(request)
                """, stage: "shutdown", message: "nobody waits for (id 2)"),
        PluginFault(
            what: "asks a question of its own",
            behaviour: "def resolve(request): send({'jsonrpc': '2.0', 'id': 1, 'method': 'sample', 'params': {}})",
            stage: "resolve", message: "a request of its own"),
        PluginFault(
            what: "writes invalid UTF-8",
            behaviour:
                "def resolve(request): os.write(1, b'{\"jsonrpc\": \"2.0\", \"id\": 2, \"result\": \"\\xff\"}\\n')",
            stage: "resolve", message: "not UTF-8"),
        PluginFault(
            what: "speaks another version",
            behaviour: "def initialize(request): return {'protocol': 2, 'name': 'test'}", stage: "initialize",
            message: "version 2"),
        PluginFault(
            what: "introduces itself as nobody", behaviour: "def initialize(request): return {}", stage: "initialize",
            message: "lacks"),
        PluginFault(
            what: "writes one line without end",
            behaviour: "def resolve(request):\n    while True: os.write(1, b'x' * 65536)", stage: "resolve",
            message: "over the limit", limits: at(messageSize: 1 << 20)),
        PluginFault(
            what: "floods its log", behaviour: "def resolve(request):\n    while True: os.write(2, b'y\\n' * 32768)",
            stage: "resolve", message: "log is over the limit"),
        PluginFault(
            what: "floods its log with one line",
            behaviour: "def resolve(request):\n    while True: os.write(2, b'y' * 65536)",
            stage: "resolve", message: "log is over the limit"),
        PluginFault(
            what: "floods its log with notifications",
            behaviour: """
                def resolve(request):
                    while True: send({"jsonrpc": "2.0", "method": "log", "params": {"message": "x" * 60000}})
                """, stage: "resolve", message: "log is over the limit"),
        PluginFault(
            what: "answers something else than a resolution", behaviour: "def resolve(request): return {'files': []}",
            stage: "resolve", message: "not a resolution"),
        PluginFault(
            what: "lists no file", behaviour: "def resolve(request): return {**resolution(request), 'files': []}",
            stage: "resolve", message: "lists no file"),
        PluginFault(
            what: "lists a file without URL",
            behaviour: "def resolve(request): return resolution(request, file(urls=[]))", stage: "resolve",
            message: "no URL of a.gguf"),
    ]

    private static func lie(
        _ what: String, file: String = "", members: String = "", message: String,
        code: ProvisionError.Code = .unsafeContent
    ) -> PluginFault {
        PluginFault(
            what: what, behaviour: "def resolve(request): return resolution(request, file(\(file))\(members))",
            stage: nil, message: message, code: code)
    }

    static let lying = [
        lie("a climbing path", file: "path='../a'", message: "unsafe path ../a"),
        lie("an absolute path", file: "path='/etc/passwd'", message: "unsafe path /etc/passwd"),
        lie("a path twice", members: ", file()", message: "a.gguf twice"),
        lie("a malformed digest", file: "digest='sha256:../x'", message: "not a digest"),
        lie("a file URL", file: "urls=['file:///etc/passwd']", message: "not plain http or https"),
        lie(
            "an ftp URL", file: "urls=['https://x.example/a', 'ftp://x.example/a']", message: "not plain http or https"),
        lie("a URL with a password", file: "urls=['https://me:pw@x.example/a']", message: "has a user or password"),
        lie("a URL without a scheme", file: "urls=['/a?token=x']", message: "(\"…\")"),
        lie("a URL with a line end", file: "urls=['https://x.example/a\\r\\nX: y']", message: "not plain http"),
        lie("a plain http URL", file: "urls=['http://x.example/a']", message: "a plain http URL"),
        lie("a loopback URL", file: "urls=['http://127.0.0.1:1/a']", message: "a plain http URL"),
        lie("a header that ends early", file: "headers={'A': 'b\\r\\nC: d'}", message: "not its to set"),
        lie("a header that changes the host", file: "headers={'Host': 'y.example'}", message: "not its to set"),
        lie("another vendor's reference", members: ", reference='hf:org/name'", message: "not of its forms"),
        lie(
            "more files than any model has", members: ", *[file(path=str(n)) for n in range(10_000)]",
            message: "more than 10000 files"),
        lie(
            "a license without end", members: ", metadata={'license': 'x' * 2000, 'tags': [], 'gated': False}",
            message: "a license or tag of more than"),
        lie("an empty revision", members: ", revision=''", message: "its revision"),
        lie(
            "a git payload", members: ", git={'url': '-u./x', 'commit': '0', 'submodules': []}",
            message: "git payload", code: .unsupported),
    ]
}

extension PluginFault {
    static let all = hanging + escaping + ending + talking + lying
}

@Suite("a plug-in that misbehaves fails its own job and leaves nothing behind")
struct PluginFaultTests {
    @Test(
        "the error names the vendor, the stage and the fault, and no process is left",
        arguments: PluginFault.all)
    func fault(_ fault: PluginFault) async throws {
        let plugin = try Plugin(fault.behaviour)
        let error = try #require(await plugin.failure("test:org/name", .init(limits: fault.limits)))
        #expect(error.code == fault.code, "\(error)")
        let subject = fault.stage.map { "vendor test, at \($0): " } ?? "vendor test: "
        #expect(error.message.hasPrefix(subject), "\(error)")
        #expect(error.description.contains(fault.message), "\(error)")
        #expect(try await plugin.survivors() == [])
    }

    @Test("a plug-in that never reads does not block a long initialize")
    func neverReads() async throws {
        let plugin = try Plugin("hang()")
        var world = Plugin.World()
        // Far more than a pipe holds.
        world.secrets[.environment("BIG")] = String(repeating: "s", count: 1 << 20)
        world.options["secrets"] = .secrets(["big": .environment("BIG")])
        world.limits.initialize = .milliseconds(500)
        let error = try #require(await plugin.failure("test:org/name", world))
        #expect(error.message.hasPrefix("vendor test, at initialize: no answer within"), "\(error)")
        #expect(try await plugin.survivors() == [])
    }

    @Test("a cancelled job tells its plug-in, and kills it if it does not heed")
    func cancellation() async throws {
        let plugin = try Plugin(
            """
            def resolve(request):
                send({"jsonrpc": "2.0", "method": "progress", "params": {"message": "here"}})
                message = json.loads(sys.stdin.readline())
                with open(here + "/told", "w") as told: told.write(f"{message['method']} {message['params']['id']}")
                hang()
            """)
        let job = Task { await plugin.failure() }
        #expect(await plugin.nextNote() == "here")
        let start = ContinuousClock.now
        job.cancel()
        #expect(await job.value?.code == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try plugin.contents(of: "told") == "$/cancel 2")
        #expect(try await plugin.survivors() == [])
    }

    @Test(
        "the plug-in's own error keeps its code",
        arguments: [
            ("notFound", ProvisionError.Code.notFound), ("gated", .gated), ("rateLimited", .rateLimited(retryAfter: 7)),
            ("unheardOf", .unavailable), ("cancelled", .unavailable), ("sandboxUnavailable", .unavailable),
        ])
    func ownError(_ name: String, _ code: ProvisionError.Code) async throws {
        let plugin = try Plugin(
            """
            def resolve(request):
                send({"jsonrpc": "2.0", "id": request["id"], "error":
                      {"code": -32000, "message": "no such \\u001b[31mmodel", "data": {"code": "\(name)", "retryAfter": 7}}})
                hang()
            """)
        let error = try #require(await plugin.failure())
        #expect(error.code == code)
        #expect(error.message.contains("no such \\u{1b}[31mmodel"), "\(error)")
        #expect(try await plugin.survivors() == [])
    }
}
