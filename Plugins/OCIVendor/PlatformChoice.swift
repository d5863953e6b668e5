import ArtifactTypes
import Provisioning

/// Which entry of an index is for a machine.
struct PlatformChoice: Sendable {
    let entries: [Descriptor]
    let subject: String

    /// The first entry for the platform; of a model also one that is for any.
    /// - Throws: `.selectorNotFound`, with the platforms that there are.
    func entry(for platform: HostPlatform, kind: ArtifactKind) throws(ProvisionError) -> Descriptor {
        // Attestations say something of another entry, and are none that anyone runs.
        let artifacts = entries.filter { $0.annotation("vnd.docker.reference.type") == nil }
        if let own = artifacts.first(where: { $0.platform.map { Self.matches($0, platform) } ?? false }) { return own }
        if let any = artifacts.first(where: { $0.platform.map(Self.isAny) ?? true }),
            kind == .model || entries.count == 1
        {
            return any
        }
        let names = artifacts.prefix(20).map { entry in
            entry.platform.map { "\($0.os)/\($0.architecture)".visiblyEscaped } ?? "any"
        }
        throw ProvisionError(
            .selectorNotFound, "\(subject) has nothing for \(platform)",
            remedy: names.isEmpty ? nil : "it is there for \(names.joined(separator: ", "))")
    }

    private static func isAny(_ platform: Descriptor.Platform) -> Bool {
        [platform.os, platform.architecture].allSatisfy { $0.isEmpty || $0 == "unknown" }
    }

    /// By Go's names of systems and processors, which indexes have.
    private static func matches(_ entry: Descriptor.Platform, _ platform: HostPlatform) -> Bool {
        let os = platform.os == .macos ? "darwin" : platform.os.rawValue
        let arch =
            switch platform.arch {
            case "x86_64": "amd64"
            case "aarch64": "arm64"
            default: platform.arch
            }
        return entry.os == os && entry.architecture == arch
    }
}
