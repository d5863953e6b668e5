import ArtifactTypes
import Provisioning

extension ForgeClient {
    /// Where an asset can be had. With a token the API is asked first: it gives out a private repository's.
    func sources(of asset: AssetAnswer) throws(ProvisionError) -> [RemoteSource] {
        var sources: [RemoteSource] = []
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

    /// A small asset's bytes.
    func content(
        of asset: AssetAnswer, _ subject: String, _ maximumBytes: Int
    ) async throws(ProvisionError) -> [UInt8] {
        guard asset.size ?? 0 <= Int64(maximumBytes), let source = try sources(of: asset).first else {
            throw ProvisionError(.unavailable, "\(subject.visiblyEscaped) is too long to be read beside an asset")
        }
        let response = try await http.send(
            HTTPRequest(
                url: source.url, secretHeaders: source.headers, access: access, maximumBytes: maximumBytes))
        guard response.status == 200 else {
            throw ProvisionError(
                .unavailable, "\(subject.visiblyEscaped): its server answers \(response.status)")
        }
        return response.body
    }
}
