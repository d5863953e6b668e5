import ArtifactTypes
import Provisioning

/// The address of a release's asset at GitHub: `https://github.com/OWNER/NAME/releases/download/TAG/ASSET`, or
/// `…/releases/latest/download/ASSET`.
struct ReleaseAddress: Sendable {
    let url: WebURL
    let project: String
    /// Nil for the latest.
    let tag: String?
    let asset: String

    /// Nil for any other address.
    init?(_ url: WebURL) {
        let parts = url.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { WebURL.decoded(String($0)) ?? "" }
        guard parts.count >= 6, parts[2] == "releases", url.query.isEmpty, !parts.contains(where: \.isEmpty),
            let asset = parts.last
        else { return nil }
        if parts[3] == "download" {
            tag = parts[4..<parts.count - 1].joined(separator: "/")
        } else {
            guard parts.count == 6, parts[3...4] == ["latest", "download"] else { return nil }
            tag = nil
        }
        self.url = url
        self.asset = asset
        project = "\(parts[0])/\(parts[1])"
    }

    /// What the release says of the asset, which its address does not. Nobody promised that there is an API: without one,
    /// or where it cannot be asked, there is nothing to be told.
    ///
    /// - Throws: `.digestMismatch` where what it says contradicts itself; `.cancelled`.
    func evidence(
        headers: [String: Secret], access: NetworkAccess, http: HTTPService, notice: (String) -> Void
    ) async throws(ProvisionError) -> FileEvidence.Found? {
        guard let api = WebURL(ForgeKind.github.api(of: url.origin)) else { return nil }
        let client = ForgeClient(
            kind: .github, api: api, project: project, headers: api.origin == url.origin ? headers : [:],
            access: access, http: http, tokenName: "a token in vendors.d")
        do throws(ProvisionError) {
            let release = try await client.release(tag)
            let assets = try await client.assets(of: release)
            guard let found = assets.first(where: { $0.name == asset }) else { return nil }
            let subject = "\(project)@\(release.tag)".visiblyEscaped
            return try await ReleaseEvidence(client: client, tag: release.tag, assets: assets, subject: subject)
                .find(found)
        } catch {
            switch error.code {
            case .digestMismatch, .cancelled: throw error
            case .notFound, .revisionNotFound: return nil
            default:
                notice("what its release says of \(asset.visiblyEscaped) cannot be told: \(error.message)")
                return nil
            }
        }
    }
}
