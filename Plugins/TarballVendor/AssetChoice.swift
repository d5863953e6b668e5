import ArtifactTypes
import Provisioning

/// The assets of a release, and which of them is meant.
struct AssetChoice: Sendable {
    let assets: [AssetAnswer]
    /// The release, for messages.
    let subject: String

    /// - Parameter pattern: nil where the release has one asset alone.
    /// - Throws: `.selectorNotFound` for none or several, with what there is.
    func asset(_ pattern: String?, platform: HostPlatform) throws(ProvisionError) -> AssetAnswer {
        // A name in full means itself, also where it is a file of checksums, and where it has an asterisk.
        if let pattern, let named = assets.first(where: { $0.name == pattern }) { return named }
        let payloads = assets.filter { !ChecksumFile.isSideFile($0.name) }
        guard !payloads.isEmpty else { throw ProvisionError(.selectorNotFound, "\(subject) has no assets") }
        var found = payloads
        if let pattern {
            let pattern = try AssetPattern(pattern, platform: platform)
            found = payloads.filter { pattern.matches($0.name) }
        }
        if let only = found.first, found.count == 1 { return only }
        let remedy = "name one of them after the tag, as @TAG:ASSET"
        guard let pattern = pattern?.visiblyEscaped else {
            throw ProvisionError(
                .selectorNotFound, "\(subject) has \(found.count) assets: \(Self.list(found))", remedy: remedy)
        }
        throw ProvisionError(
            .selectorNotFound,
            found.isEmpty
                ? "\(subject) has no asset \"\(pattern)\" for \(platform); it has \(Self.list(payloads))"
                : "\"\(pattern)\" leaves \(found.count) assets of \(subject): \(Self.list(found))",
            remedy: remedy)
    }

    private static func list(_ assets: [AssetAnswer]) -> String {
        assets.prefix(40).map(\.name.visiblyEscaped).joined(separator: ", ") + (assets.count > 40 ? ", …" : "")
    }
}
