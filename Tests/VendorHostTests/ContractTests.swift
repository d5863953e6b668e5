import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage
import TestHub
import TestSupport
import Testing

/// What holds for a vendor module wherever it runs: the CivitAI example, linked in and as a program of its own.
@Suite("a vendor module in process and out of process")
struct ContractTests {
    private let hub: TestHub
    private let file = TestFile("tiny.safetensors", .synthetic(size: 5_000, seed: 7))

    init() throws {
        hub = try TestHub.start(TestHubOptions(token: "s3cret-token"))
        let old = TestFile("tiny.safetensors", .synthetic(size: 5_000, seed: 6))
        try hub.addModel("civitai/123", files: [old], branch: "456", traits: ModelTraits(tags: ["anime"]))
        try hub.addModel(
            "civitai/123", files: [file, TestFile("images.zip", text: "training")], branch: "457",
            traits: ModelTraits(tags: ["anime"]))
        try hub.addModel("civitai/9", files: [TestFile("../../x", text: "x")], branch: "900")
    }

    private func example(token: String? = nil) -> CivitAIExample { CivitAIExample(endpoint: hub.hub, token: token) }

    @Test("the newest version, and one by its number", arguments: Side.allCases)
    func resolves(_ side: Side) async throws {
        let newest = try await example().resolve("civitai:123", side)
        #expect(newest.revision == "457")
        #expect(newest.reference.description == "civitai:123")
        #expect(newest.metadata.tags == ["anime"])
        #expect(newest.files.map(\.path.string) == ["tiny.safetensors"])
        let listed = try #require(newest.files.first)
        #expect(listed.digest?.hex == (try TestHub.sha256(of: file.body)))
        #expect(listed.size == 5_000)
        #expect(listed.sources.map(\.url) == ["\(hub.hub)/api/download/models/457?file=0"])

        let older = try await example().resolve("civitai:123@456:tiny.safetensors", side)
        #expect(older.revision == "456")
        #expect(older.files.first?.digest != listed.digest)
    }

    @Test("it comes to the same on both sides")
    func same() async throws {
        let example = example(token: "s3cret-token")
        #expect(
            try await example.resolve("civitai:123@457", .inProcess)
                == example.resolve("civitai:123@457", .outOfProcess))
    }

    @Test("the token is a header of the files, and goes with every question", arguments: Side.allCases)
    func token(_ side: Side) async throws {
        let resolution = try await example(token: "s3cret-token").resolve("civitai:123", side)
        #expect(
            resolution.files.first?.sources.first?.headers == ["Authorization": Secret("Bearer s3cret-token")])
        #expect(hub.requests.allSatisfy { $0.headers["authorization"] == "Bearer s3cret-token" })
        let written = String(decoding: try JSONEncoder().encode(resolution), as: UTF8.self)
        #expect(!written.contains("s3cret"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let reference: String
        let code: ProvisionError.Code
        let message: String
        var offline = false
        var testDescription: String { "\(reference): \(code.name)" }
    }

    private static let refusals = [
        Refusal(reference: "civitai:124", code: .notFound, message: "/api/v1/models/124"),
        Refusal(reference: "civitai:123@1", code: .revisionNotFound, message: "/api/v1/model-versions/1"),
        Refusal(reference: "civitai:123@900", code: .revisionNotFound, message: "not of model 123"),
        Refusal(reference: "civitai:123@v2", code: .revisionNotFound, message: "a version of CivitAI is a number"),
        Refusal(reference: "civitai:name", code: .invalid, message: "a model of CivitAI is a number"),
        Refusal(reference: "civitai:9", code: .unsafeContent, message: "../../x"),
        Refusal(reference: "civitai:123", code: .offline, message: "is not stored", offline: true),
    ]

    @Test("what it refuses has the same code and says the same", arguments: Side.allCases, refusals)
    func refuses(_ side: Side, _ refusal: Refusal) async throws {
        let error = try #require(await example().failure(refusal.reference, side, offline: refusal.offline))
        #expect(error.code == refusal.code, "\(error)")
        #expect(error.message.contains(refusal.message), "\(error)")
        if refusal.offline { #expect(hub.requests.isEmpty) }
    }

    @Test("a server that is not there is unavailable", arguments: Side.allCases)
    func unreachable(_ side: Side) async throws {
        hub.setFault(.status(404), on: "/api/v1/models")
        #expect(await example().failure("civitai:123", side)?.code == .notFound)
        hub.setFault(.status(418), on: "/api/v1/models")
        #expect(await example().failure("civitai:123", side)?.code == .unavailable)
    }

    @Test("a job that is cancelled while the server is silent ends at once", arguments: Side.allCases)
    func cancellation(_ side: Side) async throws {
        hub.setFault(Fault(.stall(after: 1)), on: "/api/v1/models")
        let example = example()
        let job = Task { await example.failure("civitai:123", side) }
        _ = try await hub.request { $0.target.hasPrefix("/api/v1/models") }
        let start = ContinuousClock.now
        job.cancel()
        #expect(await job.value?.code == .cancelled)
        // Long before the request is given up, or the plug-in is out of time.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("what goes over the wire conforms to the schema", .enabled(if: Traffic.canValidate))
    func schema() async throws {
        let directory = try TemporaryDirectory()
        let record = directory.path.appending("traffic.jsonl")
        let example = CivitAIExample(endpoint: hub.hub, token: "s3cret-token", record: record)
        _ = try await example.resolve("civitai:123@457", .outOfProcess)
        #expect(await example.failure("civitai:124", .outOfProcess)?.code == .notFound)
        #expect(try Traffic.problems(in: record) == "")
        let lines = try String(contentsOfFile: record.string, encoding: .utf8).split(separator: "\n").count
        // initialize, resolve, shutdown and their answers; the second time the refusal is the end.
        #expect(lines >= 10)
    }
}
