import ArtifactTypes
import Foundation
import Provisioning

/// Finds the token that users have set for the hub, where its own client looks for it.
struct HubToken: Sendable {
    let services: ProvisionServices

    /// `HF_TOKEN`, else the file that `HF_TOKEN_PATH` names, else `token` in `HF_HOME`, else in the cache folder.
    func find() async throws(ProvisionError) -> Secret? {
        if let token = try await services.secret(.environment("HF_TOKEN")).flatMap(Self.trimmed) { return token }
        guard let path = services.environment["HF_TOKEN_PATH"] ?? defaultPath else { return nil }
        // Most machines have none: that is no error, and neither is a path that was set before its file was made.
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try await services.secret(.file(path)).flatMap(Self.trimmed)
    }

    private var defaultPath: String? {
        let environment = services.environment
        if let home = environment["HF_HOME"] { return "\(home)/token" }
        if let cache = environment["XDG_CACHE_HOME"] { return "\(cache)/huggingface/token" }
        return environment["HOME"].map { "\($0)/.cache/huggingface/token" }
    }

    static func trimmed(_ secret: Secret) -> Secret? {
        let text = secret.reveal().trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : Secret(text)
    }
}
