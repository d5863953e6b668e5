import ArtifactTypes
import Provisioning
import SystemPackage

/// A plug-in's process, from its start to its surely being gone.
struct PluginProcess: Sendable {
    let executable: FilePath
    let arguments: [String]
    let environment: [String: String]
    /// Redacted from what the process writes.
    let secrets: [Secret]
    let limits: VendorLimits

    func run(
        log: PluginLog, leash: Leash, _ converse: @escaping @Sendable (PluginPipe) async throws -> Resolution
    ) async throws -> Resolution {
        throw ProvisionError(.unsupported, "not yet")
    }
}
