import ArtifactTypes
import Provisioning

/// The assets of a release, and which of them is meant.
struct AssetChoice: Sendable {
    let assets: [AssetAnswer]
    /// The release, for messages.
    let subject: String

    /// - Parameters:
    ///   - pattern: nil where the release has one asset alone.
    ///   - accelerators: asked for where the pattern depends on it.
    ///   - notice: told why the assets for an accelerator that would be preferred are not taken.
    /// - Throws: `.selectorNotFound` for none or several, with what there is.
    func asset(
        _ pattern: String?, platform: HostPlatform, accelerators: () async -> [AcceleratorFitness],
        notice: (String) -> Void
    ) async throws(ProvisionError) -> AssetAnswer {
        // A name in full means itself, also where it is a file of checksums, and where it has an asterisk.
        if let pattern, let named = assets.first(where: { $0.name == pattern }) { return named }
        let payloads = assets.filter { !ChecksumFile.isSideFile($0.name) }
        guard !payloads.isEmpty else { throw ProvisionError(.selectorNotFound, "\(subject) has no assets") }
        let names = payloads.map(\.name)
        var found = names
        var objections: [String] = []
        if let pattern {
            let pattern = try AssetPattern(pattern, platform: platform)
            found = pattern.hasVariant ? [] : pattern.fitting(names, variant: .cpu)
            for fitness in pattern.hasVariant ? await accelerators() : [] where found.isEmpty {
                let fitting = pattern.fitting(names, variant: fitness.accelerator)
                if let objection = fitness.objection {
                    if !fitting.isEmpty { objections.append("not \(fitness.accelerator): \(objection)") }
                } else {
                    found = fitting
                }
            }
        }
        for objection in objections where !found.isEmpty { notice(objection) }
        if found.count == 1, let only = payloads.first(where: { $0.name == found[0] }) { return only }
        throw failure(pattern, platform, found, of: names, objections)
    }

    private func failure(
        _ pattern: String?, _ platform: HostPlatform, _ found: [String], of names: [String], _ objections: [String]
    ) -> ProvisionError {
        let remedy = "name one of them after the tag, as @TAG:ASSET"
        guard let pattern = pattern?.visiblyEscaped else {
            return ProvisionError(
                .selectorNotFound, "\(subject) has \(found.count) assets: \(Self.list(found))", remedy: remedy)
        }
        let reasons = objections.map { "\($0); " }.joined()
        return ProvisionError(
            .selectorNotFound,
            found.isEmpty
                ? "\(subject) has no asset \"\(pattern)\" for \(platform): \(reasons)it has \(Self.list(names))"
                : "\"\(pattern)\" leaves \(found.count) assets of \(subject): \(Self.list(found))",
            remedy: remedy)
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(40).map(\.visiblyEscaped).joined(separator: ", ") + (names.count > 40 ? ", …" : "")
    }
}
