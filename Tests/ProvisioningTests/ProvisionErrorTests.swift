import ArtifactTypes
import Provisioning
import Testing

@Suite("provision errors")
struct ProvisionErrorTests {
    private static let onTheWire: [ProvisionError.Code] = [
        .notFound, .revisionNotFound, .selectorNotFound, .unauthorized, .gated, .rateLimited(retryAfter: 7), .offline,
        .unavailable, .untrusted, .digestMismatch, .unsafeContent, .missingTool, .sandboxUnavailable, .buildFailed,
        .smokeTestFailed, .locked, .configuration, .unsupported, .invalid, .cancelled,
    ]

    @Test("a code's wire name gives the code again", arguments: onTheWire)
    func names(_ code: ProvisionError.Code) {
        #expect(ProvisionError.Code(name: code.name, retryAfter: 7) == code)
    }

    @Test("a name that is none gives no code", arguments: ["", "NotFound", "io", "insufficientSpace"])
    func noName(_ name: String) {
        #expect(ProvisionError.Code(name: name) == nil)
    }

    @Test("errors of the value types keep their meaning")
    func mapping() {
        #expect(ProvisionError(mapping: CancellationError()).code == .cancelled)
        #expect(ProvisionError(mapping: RelativePath.Invalid.of("../a")).code == .unsafeContent)
        let own = ProvisionError(.gated, "gated", remedy: "ask")
        #expect(ProvisionError(mapping: own) == own)
        struct Other: Error {}
        #expect(ProvisionError(mapping: Other()).code == .unavailable)
    }

    @Test("an error said of something keeps its code and remedy")
    func subject() {
        let error = ProvisionError(.gated, "not allowed", remedy: "ask for access").of("org/name")
        #expect(error.description == "org/name: not allowed; ask for access")
        #expect(error.code == .gated)
    }
}

extension RelativePath.Invalid {
    fileprivate static func of(_ text: String) -> any Error {
        do {
            return ProvisionError(.invalid, "\(try RelativePath(text)) is a path after all")
        } catch {
            return error
        }
    }
}
