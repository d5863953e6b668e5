import ArtifactTypes
import Foundation
import Provisioning
import Synchronization
import SystemPackage
import TestSupport
import Testing
import VendorHost

@Suite("a plug-in that fetches by itself")
struct FetchTests {
    private let directory: TemporaryDirectory
    private let folder: FilePath

    init() throws {
        directory = try TemporaryDirectory()
        folder = directory.path.appending("staging")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
    }

    private func file(_ path: String = "a.gguf", size: Int64? = 5) throws -> RemoteFile {
        RemoteFile(path: try RelativePath(path), size: size, digest: nil, sources: [])
    }

    private func failure(
        of plugin: Plugin, _ files: [RemoteFile]? = nil, limits: VendorLimits? = nil
    ) async throws -> ProvisionError? {
        var world = Plugin.World()
        if let limits { world.limits = limits }
        do {
            try await plugin.fetch(files ?? [try file()], into: folder, world)
            return nil
        } catch {
            return ProvisionError(mapping: error)
        }
    }

    /// As a plug-in in Python begins that fetches.
    private static let prelude = """
        def put(request, path, data):
            name = os.path.join(request["params"]["directory"], path)
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, "wb") as out: out.write(data)

        """

    @Test("it gets the files that are wanted and an empty folder, and how they grow is told")
    func whole() async throws {
        let plugin = try Plugin(
            Self.prelude + """
                def fetch(request):
                    assert os.listdir(request["params"]["directory"]) == []
                    for wanted in request["params"]["resolution"]["files"]:
                        put(request, wanted["path"], b"x" * wanted["size"])
                    while not os.path.exists(here + "/seen"): time.sleep(0.01)
                """)
        let told = Mutex<[String: Int64]>([:])
        let seen = plugin.directory.path.appending("seen").string
        try await plugin.fetch([try file(), try file("sub/b.gguf", size: 7)], into: folder) { event in
            guard case .transfer(let path, let received, _) = event else { return }
            let count = told.withLock { told in
                told[path] = received
                return told.count
            }
            if count == 2 { _ = FileManager.default.createFile(atPath: seen, contents: nil) }
        }
        #expect(told.withLock { $0 } == ["a.gguf": 5, "sub/b.gguf": 7])
        let found = try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
        #expect(found == ["a.gguf", "sub", "sub/b.gguf"])
        #expect(try await plugin.survivors() == [])
    }

    @Test("it can write to its folder and to TMPDIR, and nowhere else")
    func confined() async throws {
        let plugin = try Plugin(
            Self.prelude + """
                def fetch(request):
                    tried = [here + "/out", os.path.expanduser("~/out"), request["params"]["directory"] + "/../out"]
                    for name in tried:
                        try:
                            open(name, "w")
                            raise RuntimeError("it wrote " + name)
                        except OSError as error: assert error.errno == 30, error
                    open(os.environ["TMPDIR"] + "/scratch", "w").write("x")
                    try:
                        os.link(here + "/plugin.py", request["params"]["directory"] + "/linked")
                        raise RuntimeError("it linked")
                    except OSError: pass
                    put(request, "a.gguf", b"12345")
                """)
        #expect(try await failure(of: plugin) == nil)
        #expect(!FileManager.default.fileExists(atPath: directory.path.appending("out").string))
    }

    @Test("its own error keeps its code")
    func ownError() async throws {
        let plugin = try Plugin(
            """
            def fetch(request):
                send({"jsonrpc": "2.0", "id": request["id"], "error":
                      {"code": -32000, "message": "tape 7 is not mounted", "data": {"code": "unauthorized"}}})
                hang()
            """)
        let error = try #require(try await failure(of: plugin))
        #expect(error.code == .unauthorized && error.message == "vendor test: tape 7 is not mounted")
    }

    struct Misdeed: Sendable, CustomTestStringConvertible {
        let what: String
        let behaviour: String
        let message: String
        var code = ProvisionError.Code.unavailable
        var limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))
        var testDescription: String { what }
    }

    private static let misdeeds = [
        Misdeed(
            what: "is silent", behaviour: "def fetch(request): hang()",
            message: "vendor test, at fetch: no answer within",
            limits: VendorLimits(initialize: .seconds(60), silence: .milliseconds(300))),
        Misdeed(
            what: "brings more than it said",
            behaviour: """
                def fetch(request):
                    with open(request["params"]["directory"] + "/a.gguf", "wb") as out:
                        while True: out.write(b"x" * (1 << 20))
                """, message: "vendor test: it fetches more than its resolution says", code: .digestMismatch),
        Misdeed(
            what: "makes more files than bytes",
            behaviour: """
                def fetch(request):
                    for number in range(17_000):
                        os.close(os.open(request["params"]["directory"] + f"/{number}", os.O_CREAT))
                    hang()
                """, message: "vendor test: it fetches more than its resolution says", code: .digestMismatch),
        Misdeed(
            what: "crashes", behaviour: "def fetch(request): os._exit(3)",
            message: "vendor test, at fetch: it ended without an answer"),
        Misdeed(
            what: "leaves a daemon",
            behaviour: """
                def fetch(request):
                    if os.fork() == 0:
                        os.setsid()
                        if os.fork() == 0:
                            for stream in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), stream)
                            open(request["params"]["directory"] + "/daemon", "w").close()
                            hang()
                        os._exit(0)
                    os.wait()
                    while not os.path.exists(request["params"]["directory"] + "/daemon"): time.sleep(0.001)
                    os._exit(1)
                """, message: "vendor test, at fetch: it ended without an answer"),
    ]

    @Test("what misbehaves is ended, named, and leaves no process", arguments: misdeeds)
    func misbehaves(_ misdeed: Misdeed) async throws {
        let plugin = try Plugin(misdeed.behaviour)
        let error = try #require(try await failure(of: plugin, limits: misdeed.limits))
        #expect(error.code == misdeed.code && error.message.hasPrefix(misdeed.message), "\(error)")
        #expect(try processes(with: folder.string) == [])
    }

    @Test("one that says no sizes is ended where it brings more than it is trusted for")
    func tooMuch() async throws {
        var world = Plugin.World()
        world.trust = VendorTrust(maximumSize: 1 << 20)
        let plugin = try Plugin(
            """
            def fetch(request):
                with open(request["params"]["directory"] + "/a.gguf", "wb") as out:
                    while True: out.write(b"x" * (1 << 20))
            """)
        let error = await #expect(throws: ProvisionError.self) {
            try await plugin.fetch([try file(size: nil)], into: folder, world)
        }
        #expect(error?.code == .untrusted && error?.message.contains("max-size 1.0 MB") == true, "\(error)")
    }

    /// Writes one byte more at each start, and ends there until there are `count`.
    private func crashing(until count: Int, resumes: Bool) throws -> Plugin {
        try Plugin(
            """
            def initialize(request): return {"protocol": 1, "name": "test", "fetch": True, "resumes": \(resumes ? "True" : "False")}
            def fetch(request):
                name = request["params"]["directory"] + "/a.gguf"
                assert request["params"].get("resume", False) == os.path.exists(name)
                with open(name, "ab") as out: out.write(b"x")
                if os.path.getsize(name) < \(count): os._exit(1)
            """)
    }

    @Test(
        "one that ends too early is started again, three times at most, if it goes on from where it was",
        arguments: [(3, true, 3), (9, true, 4), (3, false, 1)])
    func restarts(count: Int, resumes: Bool, starts: Int) async throws {
        let error = try await failure(of: try crashing(until: count, resumes: resumes))
        #expect((error == nil) == (count == starts), "\(String(describing: error))")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.appending("a.gguf").string)).count == starts)
    }

    @Test("one that shows a sign of life may take its time")
    func alive() async throws {
        let plugin = try Plugin(
            Self.prelude + """
                def fetch(request):
                    for step in range(7):
                        send({"jsonrpc": "2.0", "method": "progress", "params": {"message": f"block {step}"}})
                        time.sleep(0.4)
                    put(request, "a.gguf", b"12345")
                """)
        // Longer than it may be silent, and never silent for long.
        let limits = VendorLimits(
            initialize: .seconds(60), silence: .milliseconds(2500), shutdown: .seconds(60))
        #expect(try await failure(of: plugin, limits: limits) == nil)
        #expect(await plugin.nextNote() == "block 0")
    }

    @Test("a job that is cancelled tells it, and ends it")
    func cancellation() async throws {
        let plugin = try Plugin(
            """
            def fetch(request):
                send({"jsonrpc": "2.0", "method": "progress", "params": {"message": "here"}})
                message = json.loads(sys.stdin.readline())
                with open(request["params"]["directory"] + "/told", "w") as told: told.write(message["method"])
                hang()
            """)
        let job = Task { try await failure(of: plugin) }
        #expect(await plugin.nextNote() == "here")
        job.cancel()
        #expect(try await job.value?.code == .cancelled)
        let told = try String(contentsOfFile: folder.appending("told").string, encoding: .utf8)
        #expect(told == "$/cancel")
        #expect(try processes(with: folder.string) == [])
    }

    @Test("without bubblewrap nothing is fetched")
    func noSandbox() async throws {
        let plugin = try Plugin()
        var world = Plugin.World()
        world.environment["PATH"] = directory.path.string
        let error = await #expect(throws: ProvisionError.self) {
            try await plugin.fetch([try self.file()], into: self.folder, world)
        }
        #expect(error?.code == .sandboxUnavailable)
    }

    /// The processes that have `text` in their command line, once they had five seconds to go.
    private func processes(with text: String) throws -> [String] {
        let end = ContinuousClock.now.advanced(by: .seconds(5))
        while true {
            let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int32(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
                else { return false }
                return String(decoding: line, as: UTF8.self).contains(text)
            }
            if found.isEmpty || ContinuousClock.now > end { return found }
            usleep(5_000)
        }
    }
}
