import ArtifactTypes
import TestHub
import TestSupport
import Testing

@Suite struct HubAccessTests {
    private let token = "hf_test"

    /// A hub with a private model, a gated one, and one that this token has no access to.
    private func machine() throws -> Installation {
        let machine = try Installation(TestHubOptions(token: token))
        let traits = [
            "org/hidden": ModelTraits(isPrivate: true), "org/gated": ModelTraits(gate: .auto),
            "org/closed": ModelTraits(gate: .manual, isGranted: false),
        ]
        for (id, traits) in traits {
            try machine.hub.addModel(id, files: [Installation.gguf("tiny-Q8_0.gguf", .q80)], traits: traits)
        }
        return machine
    }

    static let cases: [(model: String, hasToken: Bool, status: Int32, said: String)] = [
        ("org/hidden", false, 66, "or it is private: set HF_TOKEN"), ("org/hidden", true, 0, ""),
        ("org/gated", false, 77, "and set HF_TOKEN"), ("org/gated", true, 0, ""),
        ("org/closed", true, 77, "with the account of your token"), ("org/absent", true, 66, "no model org/absent"),
    ]

    @Test(
        "what the hub does not give ends with its exit code, before any payload, and says what to do", arguments: cases)
    func access(model: String, hasToken: Bool, status: Int32, said: String) async throws {
        let machine = try machine()
        let environment = hasToken ? ["HF_TOKEN": token] : [:]
        let outcome = try await machine.run("model", "download", model, environment: environment)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(said), "\(outcome.errors)")
        if status != 0 { #expect(machine.payloadRequests.isEmpty) }
    }
}
