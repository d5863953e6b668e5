import ArtifactTypes
import Foundation
import Logging
import Provisioning
import SystemPackage
import TestSupport
import Testing
import VendorHost

/// A plug-in in Python whose behaviour is a few lines put into a frame, and what is left of it afterwards.
final class Plugin: Sendable {
    let directory: TemporaryDirectory
    private let notes = AsyncStream.makeStream(of: String.self)

    var program: FilePath { directory.path.appending("plugin.py") }

    /// - Parameter behaviour: Python that may redefine `initialize`, `resolve` and `shutdown`, each of which gets the
    ///   request and returns a result, or do anything else before the first line is read.
    init(_ behaviour: String = "") throws {
        directory = try TemporaryDirectory()
        try directory.write((Self.head + behaviour + "\n" + Self.tail).utf8, to: "plugin.py")
    }

    private static let head = """
        import json, os, signal, subprocess, sys, time
        here = os.path.dirname(os.path.abspath(__file__))
        def note_process(pid):
            try:
                with open(here + "/pids", "a") as pids: pids.write(f"{pid}\\n")
            except OSError: pass  # shut in, where it fetches
        note_process(os.getpid())
        def send(message): os.write(1, json.dumps(message).encode() + b"\\n")
        def hang():
            while True: time.sleep(3600)
        def file(**members): return {"path": "a.gguf", "size": 5, "urls": ["https://x.example/a"], **members}
        def resolution(request, *files, **members):
            return {"reference": request["params"]["reference"], "vendor": "someone", "revision": "1",
                    "files": list(files) or [file()], **members}
        def initialize(request): return {"protocol": 1, "name": "test"}
        def resolve(request): return resolution(request)
        def fetch(request): return None
        def shutdown(request): return None
        def notified(message): pass

        """

    private static let tail = """
        for line in sys.stdin:
            request = json.loads(line)
            if "id" not in request:
                notified(request)
                continue
            answer = {"jsonrpc": "2.0", "id": request["id"]}
            answer["result"] = {"initialize": initialize, "resolve": resolve, "fetch": fetch, "shutdown": shutdown}[request["method"]](request)
            send(answer)
        """

    /// What a test gives a plug-in's file and its hive.
    struct World {
        var options: [String: VendorOptions.Value] = [:]
        var environment: [String: String] = [:]
        var secrets: [SecretSource: String] = [:]
        var trust = VendorTrust()
        // Generous, so that a slow machine fails no test; a test of one limit makes that one short.
        var limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))
    }

    /// The plug-in as a vendor named `test`.
    func provisioner(_ world: World = World()) throws(ProvisionError) -> any Provisioner {
        var options = world.options
        options["command"] =
            options["command"] ?? .strings(["python3", program.string, "argument"])
        let configuration = VendorConfiguration(
            name: "test", module: "process", file: directory.path.appending("test.toml").string, provides: [.model],
            trust: world.trust, options: VendorOptions(options))
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment.merging(world.environment) { $1 }
        let secrets = world.secrets
        services.secret = { (source) async throws(ProvisionError) -> Secret? in secrets[source].map { Secret($0) } }
        return try VendorHost.module(version: "1.2", limits: world.limits).make(configuration, services)
    }

    func resolve(
        _ reference: String = "test:org/name", _ world: World = World()
    ) async throws -> Resolution {
        defer { notes.continuation.finish() }
        let context = ProvisionContext(
            job: "job", kind: .model,
            progress: ProgressSink { [notes] event in
                guard case .notice(let text) = event else { return }
                notes.continuation.yield(text)
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await provisioner(world).resolve(try ArtifactReference(parsing: reference), in: context)
    }

    /// The error that resolving ends with.
    func failure(_ reference: String = "test:org/name", _ world: World = World()) async -> ProvisionError? {
        do {
            _ = try await resolve(reference, world)
            return nil
        } catch {
            return error as? ProvisionError ?? ProvisionError(.io(errno: 0), "not a provision error: \(error)")
        }
    }

    /// Has the plug-in fetch files into a folder of the test's.
    func fetch(
        _ files: [RemoteFile], into folder: FilePath, _ world: World = World(),
        progress: @escaping @Sendable (ProgressEvent) -> Void = { _ in }
    ) async throws {
        defer { notes.continuation.finish() }
        let vendor = try #require(try provisioner(world) as? any FetchingProvisioner)
        let resolution = Resolution(
            reference: try ArtifactReference(parsing: "test:org/name"), vendor: "test", kind: .model, revision: "1",
            payload: .files(files, listing: .exact))
        let context = ProvisionContext(
            job: "job", kind: .model,
            progress: ProgressSink { [notes] event in
                if case .notice(let text) = event { notes.continuation.yield(text) }
                progress(event)
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await vendor.fetch(resolution, into: StagingArea(root: folder), in: context)
    }

    /// Waits for the next progress notification; nil once the job has ended without one.
    func nextNote() async -> String? {
        for await note in notes.stream { return note }
        return nil
    }

    func contents(of name: String) throws -> String? {
        let path = directory.path.appending(name).string
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// The processes that the plug-in noted and that still run, once they had five seconds to go.
    func survivors() async throws -> [Int32] {
        let noted = (try contents(of: "pids") ?? "").split(separator: "\n").compactMap { Int32($0) }
        let end = ContinuousClock.now.advanced(by: .seconds(5))
        var left = noted
        while true {
            left = left.filter(isAlive)
            if left.isEmpty || ContinuousClock.now > end { return left }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
