import ArtifactTypes
import Foundation
import Logging
import Provisioning
import SystemPackage
import TestSupport
import Testing
import VendorHost

@Suite("the conformance suite for authors")
struct ExaminationTests {
    /// Passes, where nothing is redefined.
    private static let good = """
        def serve():
            for line in sys.stdin:
                request = json.loads(line)
                if "id" not in request: continue
                answer = {"jsonrpc": "2.0", "id": request["id"]}
                method = request["method"]
                if "no-such-name" in request["params"].get("reference", ""): answer["error"] = unknown(request)
                elif not known(request["params"].get("reference", "")): answer["error"] = unknown_revision(request)
                elif method in methods: answer["result"] = methods[method](request)
                else: answer["error"] = {"code": -32601, "message": "no such method"}
                send(answer)
                if method == "shutdown": sys.exit(0)
        def unknown(request): return {"code": -32000, "message": "none such", "data": {"code": "notFound"}}
        def known(reference): return "@" not in reference or reference.endswith("@1")
        def unknown_revision(request):
            return {"code": -32000, "message": "none such", "data": {"code": "revisionNotFound"}}
        def resolve(request): return resolution(request, file(digest="sha256:" + "a" * 64))

        """
    private static let served = """

        methods = {"initialize": initialize, "resolve": resolve, "shutdown": shutdown}
        serve()
        sys.exit(0)
        """

    private func examine(_ behaviour: String) async throws -> VendorReport {
        let plugin = try Plugin(Self.good + behaviour + Self.served)
        let configuration = VendorConfiguration(
            name: "test", module: "process", provides: [.model],
            options: VendorOptions(["command": .strings(["python3", plugin.program.string])]))
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment
        let report = try await VendorHost.examine(
            configuration, services: services, version: "1.2",
            limits: VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(2)),
            references: [try ArtifactReference(parsing: "test:org/name")], kind: .model)
        #expect(try await plugin.survivors() == [])
        return report
    }

    @Test("a good plug-in passes all of it")
    func good() async throws {
        let report = try await examine("")
        #expect(report.failure == nil, "\(report)")
        #expect(report.checks.allSatisfy { $0.outcome == .passed }, "\(report)")
        #expect(report.checks.count >= 8)
    }

    @Test(
        "what is wrong fails its own check and says how to mend it",
        arguments: [
            ("print('starting', flush=True)", "handshake", ProvisionError.Code.unavailable),
            ("def initialize(request): return {'protocol': 7, 'name': 'x'}", "handshake", .unavailable),
            (
                "def unknown(request): return {'code': -32000, 'message': 'no'}",
                "unknown reference", .unavailable
            ),
            (
                "def unknown(request): return {'code': -32000, 'message': 'no', 'data': {'code': 'gated'}}",
                "unknown reference", .gated
            ),
            (
                "def resolve(request): return resolution(request, file(path='../a'))", "resolve test:org/name",
                .unsafeContent
            ),
            (
                "def resolve(request): return resolution(request, file(digest='md5:aa'))", "resolve test:org/name",
                .unsafeContent
            ),
            (
                "def resolve(request): return resolution(request, file(urls=['file:///etc/passwd']))",
                "resolve test:org/name", .unsafeContent
            ),
            ("def resolve(request): print('noise', flush=True)", "resolve test:org/name", .unavailable),
            ("def known(reference): return True", "resolve test:org/name@rbee-no-such-revision", .unavailable),
            ("def known(reference): return '@' not in reference", "resolve test:org/name@1", .revisionNotFound),
            (
                """
                def known(reference): return "no-such" not in reference
                def resolve(request):
                    return resolution(request, file(digest="sha256:" + "a" * 64),
                                      revision="2" if "@" in request["params"]["reference"] else "1")
                """, "resolve test:org/name@1", .unavailable
            ),
            (
                """
                def shutdown(request):
                    send({"jsonrpc": "2.0", "id": request["id"], "result": None})
                    hang()
                """, "shutdown", .unavailable
            ),
        ])
    func wrong(_ behaviour: String, _ check: String, _ code: ProvisionError.Code) async throws {
        let report = try await examine(behaviour)
        let failed = report.checks.filter { $0.outcome == .failed }
        #expect(failed.map(\.name) == [check], "\(report)")
        #expect(failed.first?.error?.code == code, "\(report)")
        #expect(failed.first?.remedy?.isEmpty == false)
    }

    @Test(
        "how to mend it is said of what is broken, and not of what was looked at",
        arguments: [
            ("def resolve(request): os._exit(3)", "resolve test:org/name", "it must stay until"),
            ("def resolve(request): print('noise', flush=True)", "resolve test:org/name", "answer each request once"),
            (
                "def resolve(request): send({'jsonrpc': '2.0', 'id': 7, 'method': 'ask', 'params': {}})",
                "resolve test:org/name", "answer each request once"
            ),
            (
                "def resolve(request): return resolution(request, file(digest='sha256:' + 'a' * 64), revision='')",
                "resolve test:org/name", "docs/plugin-protocol.md says what is taken: "
            ),
            ("def shutdown(request): hang()", "shutdown", "answer shutdown with \"result\": null"),
        ])
    func remedies(_ behaviour: String, _ check: String, _ remedy: String) async throws {
        let failed = try await examine(behaviour).checks.filter { $0.outcome == .failed }
        #expect(failed.first?.name == check && failed.first?.remedy?.hasPrefix(remedy) == true, "\(failed)")
        // The rest of the suite cannot but hang at it too.
        #expect(failed.dropFirst().allSatisfy { $0.remedy == failed.first?.remedy }, "\(failed)")
    }

    @Test("a secret that cannot be read is not the program's fault")
    func unreadableSecret() async throws {
        let plugin = try Plugin(Self.good + Self.served)
        let configuration = VendorConfiguration(
            name: "test", module: "process", provides: [.model],
            options: VendorOptions([
                "command": .strings(["python3", plugin.program.string]),
                "secrets": .secrets(["token": .environment("TOKEN")]),
            ]))
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment
        services.secret = { (_) async throws(ProvisionError) -> Secret? in
            throw ProvisionError(.configuration, "$TOKEN has a line break in it", remedy: "set it anew")
        }
        let report = try await VendorHost.examine(
            configuration, services: services, version: "1.2", references: [], kind: .model)
        #expect(report.checks.map(\.name) == ["handshake"])
        #expect(report.checks.first?.remedy == "set it anew", "\(report)")
    }

    @Test("files without digest and a revision that changes are warnings")
    func warnings() async throws {
        let report = try await examine("def resolve(request): return resolution(request, revision=str(time.time()))")
        #expect(report.failure == nil, "\(report)")
        let warned = report.checks.filter { $0.outcome == .warned }.map(\.name)
        #expect(warned == ["digests of test:org/name", "revision of test:org/name"])
    }

    @Test("an answer of another name is a warning")
    func otherName() async throws {
        let report = try await examine(
            """
            def resolve(request):
                return resolution(request, file(digest="sha256:" + "a" * 64), reference="test:org/other")
            """)
        #expect(report.failure == nil, "\(report)")
        #expect(report.checks.filter { $0.outcome == .warned }.map(\.name) == ["name of test:org/name"], "\(report)")
    }
}
