import ArtifactTypes
import Provisioning

extension ForgeClient {
    /// Where an asset can be had. With a token the API is asked first: it gives out a private repository's.
    func sources(of asset: AssetAnswer, in tag: String) throws(ProvisionError) -> [RemoteSource] {
        var sources: [RemoteSource] = []
        if kind == .gitlab, !headers.isEmpty, let url = labSource(of: asset, in: tag) {
            // Its pages know no token: of a private project they would give the form to sign in.
            return [RemoteSource(url: url, headers: headers)]
        }
        if kind == .github, !headers.isEmpty, let url = asset.url.flatMap({ WebURL($0) }), url.origin == api.origin {
            // Without this header the API describes the asset (docs.github.com/en/rest/releases/assets).
            let accept = ["Accept": Secret("application/octet-stream")]
            sources.append(RemoteSource(url: url.description, headers: headers.merging(accept) { $1 }))
        }
        guard let url = WebURL(asset.download) else {
            throw ProvisionError(.unavailable, "\(api.shown) gives no URL for \(asset.name.visiblyEscaped)")
        }
        return sources + [RemoteSource(url: url.description, headers: url.origin == api.origin ? headers : [:])]
    }

    /// Where GitLab's API has an asset: in the package registry, or behind its page.
    private func labSource(of asset: AssetAnswer, in tag: String) -> String? {
        if let url = asset.url.flatMap({ WebURL($0) }), url.origin == api.origin, url.path.hasPrefix(api.path + "/") {
            return url.description
        }
        guard let page = WebURL(asset.download), page.origin == api.origin else { return nil }
        return kind.assetInAPI(page.path, of: tag, in: project).map { "\(api.description)/\($0)" }
    }

    /// A small asset's bytes.
    func content(
        of asset: AssetAnswer, in tag: String, _ subject: String, _ maximumBytes: Int
    ) async throws(ProvisionError) -> [UInt8] {
        guard asset.size ?? 0 <= Int64(maximumBytes), let source = try sources(of: asset, in: tag).first else {
            throw ProvisionError(
                .digestMismatch, "\(subject.visiblyEscaped) is longer than \(maximumBytes) bytes, which are read of it",
                remedy: "install the asset by its URL, pinned with #sha256=…")
        }
        let response = try await http.send(
            HTTPRequest(
                url: source.url, secretHeaders: source.headers, access: access, maximumBytes: maximumBytes))
        guard response.status == 200 else {
            throw ProvisionError(
                response.rateLimit ?? .unavailable,
                "\(subject.visiblyEscaped): its server answers \(response.status)")
        }
        return response.body
    }
}
