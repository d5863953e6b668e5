import ArtifactTypes
import Provisioning

/// What a release says of one of its assets: the API's `digest`, and the files of checksums among the other assets.
struct ReleaseEvidence: Sendable {
    let client: ForgeClient
    let tag: String
    let assets: [AssetAnswer]
    /// The release, for messages.
    let subject: String
    var signers: ReleaseSigners?
    var replay: ReplayGuard?

    func find(_ asset: AssetAnswer) async throws(ProvisionError) -> FileEvidence.Found {
        let isChecksum = ChecksumFile.isSideFile(asset.name)
        let evidence = FileEvidence(
            name: asset.name, subject: subject,
            places: isChecksum ? [] : ChecksumFile.places(for: asset.name, among: assets.map(\.name)),
            isListed: true, signers: signers, replay: replay,
            read: { name, maximumBytes throws(ProvisionError) in
                guard let beside = assets.first(where: { $0.name == name }) else { return nil }
                return try await client.content(of: beside, in: tag, "\(name) of \(subject)", maximumBytes)
            })
        return try await evidence.find(asset.digest.flatMap { Digest($0.lowercased()) })
    }
}
