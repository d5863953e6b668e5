import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing
import VendorHost

@Suite("the ModelScope example, in Python")
struct ModelScopeTests {
    private static let folder = Traffic.root.appending("Plugins/Examples/modelscope")
    private let hub: TestHub
    private let commit: String
    private let file = TestFile("sub/tiny Q4.gguf", .synthetic(size: 3_000, seed: 3))

    init() throws {
        hub = try TestHub.start(TestHubOptions(token: "ms-s3cret"))
        commit = try hub.addModel("org/name", files: [file, TestFile("README.md", text: "# name\n")])
        try hub.addModel("org/private", files: [file], traits: ModelTraits(isPrivate: true))
    }

    private func resolve(
        _ reference: String, token: String? = nil, offline: Bool = false, record: FilePath? = nil
    ) async throws -> Resolution {
        var services = ProvisionServices.closed
        services.environment = ProcessInfo.processInfo.environment.merging(["MODELSCOPE_ENDPOINT": hub.hub]) { $1 }
        services.secret = { (_) async throws(ProvisionError) -> Secret? in token.map { Secret($0) } }
        let program = [Self.folder.appending("rbee-vendor-modelscope").string]
        let configuration = VendorConfiguration(
            name: "modelscope", module: "process", provides: [.model],
            forms: [ReferenceForm("ms:{org}/{name}")].compactMap { $0 },
            options: VendorOptions([
                "command": .strings(record.map { Traffic.recording(program, to: $0) } ?? program),
                "environment": .strings(["MODELSCOPE_ENDPOINT"]), "origins": .strings(["$MODELSCOPE_ENDPOINT"]),
                "secrets": .secrets(["token": .environment("MODELSCOPE_API_TOKEN")]),
            ]))
        let limits = VendorLimits(initialize: .seconds(60), resolve: .seconds(60), shutdown: .seconds(60))
        return try await VendorHost.module(version: "1", limits: limits).make(configuration, services).resolve(
            try ArtifactReference(parsing: reference),
            in: ProvisionContext(job: "job", kind: .model, offline: offline, logger: services.logger))
    }

    private func failure(_ reference: String, token: String? = nil, offline: Bool = false) async -> ProvisionError? {
        do {
            _ = try await resolve(reference, token: token, offline: offline)
            return nil
        } catch {
            return ProvisionError(mapping: error)
        }
    }

    @Test("it lists files with their digests, at the newest commit")
    func resolves() async throws {
        let resolution = try await resolve("ms:org/name:Q4_K_M")
        #expect(resolution.revision == commit)
        #expect(resolution.files.map(\.path.string).sorted() == ["README.md", "sub/tiny Q4.gguf"])
        let listed = try #require(resolution.files.first { $0.path.string.hasPrefix("sub") })
        #expect(listed.size == 3_000)
        #expect(listed.digest?.hex == (try TestHub.sha256(of: file.body)))
        #expect(
            listed.sources.map(\.url) == [
                "\(hub.hub)/api/v1/models/org/name/repo?Revision=\(commit)&FilePath=sub%2Ftiny+Q4.gguf"
            ])
        #expect(try await resolve("ms:org/name@\(commit)").revision == commit)
    }

    @Test("what is not there, and what may not be asked for")
    func refusals() async throws {
        #expect(await failure("ms:org/none")?.code == .notFound)
        #expect(await failure("ms:org/name@v7")?.code == .notFound)
        #expect(await failure("ms:org/private")?.code == .notFound)
        hub.forgetRequests()
        #expect(await failure("ms:org/name", offline: true)?.code == .offline)
        #expect(hub.requests.isEmpty)
        hub.setFault(.status(429), on: "/api/v1/models")
        #expect(await failure("ms:org/name")?.code == .rateLimited(retryAfter: nil))
    }

    @Test("a token goes to the server as a cookie, and to no place that it redirects to")
    func token() async throws {
        let resolution = try await resolve("ms:org/private", token: "ms-s3cret")
        #expect(resolution.files.first?.sources.first?.headers == ["Cookie": Secret("m_session_id=ms-s3cret")])
        hub.forgetRequests()
        hub.setFault(.redirect(to: "\(hub.cdn)/elsewhere"), on: "/api/v1/models")
        #expect(await failure("ms:org/private", token: "ms-s3cret")?.code != nil)
        let elsewhere = hub.requests.filter { $0.origin == .cdn }
        #expect(elsewhere.count == 1 && elsewhere.allSatisfy { $0.headers["cookie"] == nil })
    }

    @Test("what goes over the wire conforms to the schema", .enabled(if: Traffic.canValidate))
    func schema() async throws {
        let directory = try TemporaryDirectory()
        let record = directory.path.appending("traffic.jsonl")
        _ = try await resolve("ms:org/private", token: "ms-s3cret", record: record)
        #expect(try Traffic.problems(in: record) == "")
    }

    @Test("the program is sixty lines at most")
    func length() throws {
        let script = try String(
            contentsOfFile: Self.folder.appending("rbee-vendor-modelscope").string, encoding: .utf8)
        #expect(script.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 60)
    }
}
