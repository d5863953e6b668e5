import ArtifactTypes
import Foundation
import Provisioning
import TestHub
import Testing
import Transfer

@Suite("Older releases in the place of newer ones")
struct ReplayTests {
    private static let body = [UInt8]("an archive".utf8)

    /// Resolves the newest release of a project of which releases are here already.
    private func resolve(
        _ tag: String, here tags: [String], published: String? = nil, reference: String = "forge:acme/tool"
    ) async throws -> Resolution {
        let hub = try TestHub.start()
        let engine = TransferEngine(logger: Releases.logger)
        defer { engine.shutdown() }
        try hub.addForgeRelease("acme/tool", tag: tag, assets: [ForgeAsset("tool.gguf", .bytes(Self.body))])
        let stored = try tags.map { tag in
            Resolution(
                reference: try ArtifactReference(parsing: "forge:acme/tool@\(tag):tool.gguf"), vendor: "forge",
                kind: .worker, revision: tag, payload: .files([], listing: .exact),
                metadata: Resolution.Metadata(published: published))
        }
        let vendor = try Releases(http: .engine(engine)).vendor(
            ["forge": .string("github"), "origin": .string(hub.hub)], name: "forge")
        return try await vendor.resolve(
            ArtifactReference(parsing: reference),
            in: ProvisionContext(
                job: "job", kind: .worker, stored: { () throws(ProvisionError) in stored }, logger: Releases.logger))
    }

    @Test(
        "a latest that is older than what is here is refused, and says how to have it",
        arguments: [
            ("v1.9.0", "v1.10.0"), ("1.2", "v1.2.1"), ("v1.2.0-rc.1", "v1.2.0"), ("b4567", "b10000"),
            ("2025-12-31", "2026-01-01"), ("llama2-v9.1", "llama2-v10.0"), ("tool/v0.9", "tool/v1.0"),
        ])
    func older(latest: String, here: String) async throws {
        let error = await #expect(throws: ProvisionError.self) {
            try await resolve(latest, here: ["v0.0.1", here])
        }
        #expect(error?.code == .untrusted)
        #expect(error?.description.contains("name it: forge:acme/tool@\(latest)") == true)
        // The other way round, again, and by its tag it is taken.
        #expect(try await resolve(here, here: [latest]).reference.revision == here)
        #expect(try await resolve(latest, here: [latest]).reference.revision == latest)
        let named = try await resolve(latest, here: [here], reference: "forge:acme/tool@\(latest)")
        #expect(named.reference.revision == latest)
    }

    @Test("where tags have no order, the times at which they were published decide")
    func times() async throws {
        let error = await #expect(throws: ProvisionError.self) {
            try await resolve("focal", here: ["jammy"], published: "2026-02-01T00:00:00Z")
        }
        #expect(error?.code == .untrusted)
        let later = try await resolve("focal", here: ["jammy"], published: "2025-12-01T00:00:00Z")
        #expect(later.metadata.published?.hasPrefix("2026-01-01T00:") == true)
        #expect(try await resolve("focal", here: ["jammy"]).reference.revision == "focal")
    }
}
