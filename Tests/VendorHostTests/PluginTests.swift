import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestSupport
import Testing
import VendorHost

@Suite("a plug-in resolves")
struct PluginTests {
    @Test("what it answers becomes a resolution under the hive's own name for it")
    func whole() async throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let plugin = try Plugin(
            """
            def resolve(request):
                parameters = request["params"]
                assert parameters["platform"]["os"] == "linux" and parameters["offline"] is False, parameters
                return resolution(request, file(digest="\(digest)", headers={"Authorization": "Bearer x"}),
                                  kind="worker", metadata={"license": "mit"})
            """)
        let resolution = try await plugin.resolve("test:org/name@main:Q4_K_M")
        #expect(resolution.vendor == "test")
        #expect(resolution.kind == .model)
        #expect(resolution.reference.description == "test:org/name@main:Q4_K_M")
        #expect(resolution.metadata.license == "mit")
        let file = try #require(resolution.files.first)
        #expect(file.digest?.description == digest)
        #expect(
            file.sources == [RemoteSource(url: "https://x.example/a", headers: ["Authorization": Secret("Bearer x")])])
        #expect(try await plugin.survivors() == [])
    }

    @Test("it sees PATH, HOME, LANG and what its file names, and its secrets in initialize alone")
    func environment() async throws {
        let plugin = try Plugin(
            """
            seen = {}
            def initialize(request):
                seen.update(request["params"])
                return {"protocol": 1, "name": "test"}
            def resolve(request):
                assert "s3cret" not in " ".join(sys.argv) + json.dumps(dict(os.environ))
                names = sorted(set(os.environ) & {"NAMED", "UNNAMED", "UNSET", "TOKEN", "NONE"})
                return resolution(request, metadata={"tags": names + [seen["hive"], json.dumps(seen["secrets"])]})
            """)
        var world = Plugin.World()
        world.environment = ["NAMED": "1", "UNNAMED": "2", "TOKEN": "s3cret"]
        world.secrets[.environment("TOKEN")] = "s3cret"
        world.options["environment"] = .strings(["NAMED", "UNSET"])
        world.options["secrets"] = .secrets(["token": .environment("TOKEN"), "none": .environment("NONE")])
        let resolution = try await plugin.resolve("test:org/name", world)
        #expect(resolution.metadata.tags == ["NAMED", "1.2", #"{"token": "s3cret"}"#])
    }

    @Test("it inherits no descriptor but its three")
    func descriptors() async throws {
        let plugin = try Plugin(
            """
            def resolve(request):
                inherited = []
                for name in os.listdir("/proc/self/fd"):
                    if int(name) > 2 and os.path.exists("/proc/self/fd/" + name): inherited.append(name)
                return resolution(request, metadata={"tags": inherited})
            """)
        #expect(try await plugin.resolve().metadata.tags == [])
    }

    @Test("a secret in its log or its error is blotted out")
    func redaction() async throws {
        let plugin = try Plugin(
            """
            def initialize(request):
                token = request["params"]["secrets"]["token"]
                print("the token is " + token, file=sys.stderr, flush=True)
                send({"jsonrpc": "2.0", "method": "progress", "params": {"message": "with " + token}})
                os._exit(1)
            """)
        var world = Plugin.World()
        world.secrets[.environment("TOKEN")] = "s3cret"
        world.options["secrets"] = .secrets(["token": .environment("TOKEN")])
        let error = try #require(await plugin.failure("test:org/name", world))
        #expect(error.remedy == "its log ends: the token is •••")
        #expect(await plugin.nextNote() == "with •••")
    }

    private static let canary = "canary/secret+value9876"

    private var withCanary: Plugin.World {
        var world = Plugin.World()
        world.secrets[.environment("TOKEN")] = Self.canary
        world.options["secrets"] = .secrets(["token": .environment("TOKEN")])
        return world
    }

    /// Keeps the token at hand.
    private static let knowing = """
        token = None
        def initialize(request):
            global token
            token = request["params"]["secrets"]["token"]
            return {"protocol": 1, "name": "test"}

        """

    @Test(
        "a secret is blotted out of every error, in any spelling and wherever in an answer it stands",
        arguments: [
            "return resolution(request, file(path='../' + token))",
            "return resolution(request, reference='hf:' + token)",
            "return resolution(request, file(headers={token: 'x'}))",
            "return resolution(request, listing=token)",
            "return resolution(request, file(urls=['http://' + token.split('/')[1] + token + '.example/x']))",
            "send({'jsonrpc': '2.0', 'id': token, 'result': {}})",
            "os.write(1, b'garbage ' + token.encode() + b'\\n')",
            "send({'jsonrpc': '2.0', 'id': request['id'], 'error': {'code': -32000, 'data': {'code': 'gated'}, 'message': 'bad '"
                + " + __import__('base64').b64encode(token.encode()).decode() + __import__('urllib.parse').parse.quote(token)}})",
        ])
    func redactedErrors(_ answer: String) async throws {
        let plugin = try Plugin(Self.knowing + "def resolve(request): \(answer)")
        let error = try #require(await plugin.failure("test:org/name", withCanary))
        for spelling in [Self.canary, Data(Self.canary.utf8).base64EncodedString(), Self.canary.percentEncoded()] {
            #expect(!"\(error)".contains(spelling), "\(error)")
        }
        #expect(!error.message.contains("value9876"), "\(error)")
    }

    @Test(
        "an answer with a secret in what is kept is refused",
        arguments: [
            "revision=token", "metadata={'license': 'x' + token}", "metadata={'tags': ['a', token]}",
            "metadata={'defaults': {'system': token}}", "reference='test:org/' + token",
            "files=[file(path='sub/' + token)]", "files=[file(urls=['https://x.example/' + token])]",
        ])
    func secretInAnswer(_ member: String) async throws {
        let plugin = try Plugin(
            Self.knowing + "def resolve(request): return {**resolution(request), **dict(\(member))}")
        let error = try #require(await plugin.failure("test:org/name", withCanary))
        #expect(error.code == .unsafeContent)
        #expect(error.message.contains("a secret that it was given stands in"), "\(error)")
        #expect(!"\(error)".contains("canary"))
    }

    @Test("a secret in a URL's host is not told in lower case either")
    func secretInHost() async throws {
        let plugin = try Plugin(
            Self.knowing + """
                def resolve(request): return resolution(request, file(urls=["http://" + token + ".example/a"]))
                """)
        var world = withCanary
        world.secrets[.environment("TOKEN")] = "CanaryInCapitals"
        let error = try #require(await plugin.failure("test:org/name", world))
        #expect(error.code == .unsafeContent && !"\(error)".lowercased().contains("canary"), "\(error)")
    }

    @Test("a header, or a parameter of a URL that is a token by its name, may have the secret: neither is kept")
    func secretInPlace() async throws {
        let plugin = try Plugin(
            Self.knowing + """
                def resolve(request):
                    return resolution(request, file(headers={"X-Key": token}, urls=["https://x.example/a?token=" + token]))
                """)
        #expect(try await plugin.resolve("test:org/name", withCanary).files.count == 1)
    }

    @Test("of many progress messages one a second is shown, and the last")
    func manyNotes() async throws {
        let plugin = try Plugin(
            """
            def resolve(request):
                for step in range(1000):
                    send({"jsonrpc": "2.0", "method": "progress", "params": {"message": f"step {step}"}})
                return resolution(request)
            """)
        let start = ContinuousClock.now
        _ = try await plugin.resolve()
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        var notes: [String] = []
        while let note = await plugin.nextNote() { notes.append(note) }
        #expect(notes.first == "step 0" && notes.last == "step 999" && notes.count <= 2 + seconds, "\(notes)")
    }

    @Test("an origin of its file may be plain http and becomes a configured origin")
    func origins() async throws {
        let plugin = try Plugin(
            "def resolve(request): return resolution(request, file(urls=['http://127.0.0.1:8080/a', 'https://x.example/a']))"
        )
        var world = Plugin.World()
        world.options["origins"] = .strings(["http://127.0.0.1:8080", "$HUB", "$UNSET"])
        world.environment["HUB"] = "http://hub.local:81/path"
        #expect(
            try plugin.provisioner(world).access.configuredOrigins == ["http://127.0.0.1:8080", "http://hub.local:81"])
        #expect(try await plugin.resolve("test:org/name", world).files.count == 1)
    }

    @Test(
        "a command or origin that cannot be right is a configuration error",
        arguments: [
            ["command": VendorOptions.Value.strings([])], ["command": .strings(["bin/vendor"])],
            ["origins": .strings(["127.0.0.1"])], ["origins": .strings(["http://x.example/path"])],
            ["origins": .strings(["ftp://x.example"])], ["environment": .strings(["A=B"])],
        ])
    func configuration(_ options: [String: VendorOptions.Value]) throws {
        let plugin = try Plugin()
        let error = #expect(throws: ProvisionError.self) {
            try plugin.provisioner(.init(options: options))
        }
        #expect(error?.code == .configuration)
    }

    @Test(
        "a program that is not there, or not executable, is named",
        arguments: ["./missing", "no-such-program", "./plugin.py"])
    func missing(_ program: String) async throws {
        let error = try #require(
            await Plugin().failure("test:org/name", .init(options: ["command": .strings([program])])))
        #expect(error.code == .unavailable)
        #expect(error.message.hasPrefix("vendor test, at start: there is no executable"))
    }

    @Test("a program beside its file is found there")
    func beside() async throws {
        let plugin = try Plugin()
        let script = try plugin.directory.write(
            "#!/bin/sh\nexec python3 \"$(dirname \"$0\")/plugin.py\"\n".utf8, to: "run")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.string)
        let resolution = try await plugin.resolve("test:a/b/c", .init(options: ["command": .strings(["./run"])]))
        #expect(resolution.files.map(\.path.string) == ["a.gguf"])
    }

    @Test("several at once do not get in each other's way")
    func concurrency() async throws {
        let plugin = try Plugin()
        let references = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 {
                group.addTask { try await plugin.resolve("test:org/name\(number)").reference.description }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(references.count == 8)
    }
}
