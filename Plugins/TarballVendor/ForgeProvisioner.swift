import ArtifactTypes
import Provisioning

/// Resolves `github:owner/repo@tag:pattern` to one asset of a release, with the digest that the forge or a file of
/// checksums beside the asset gives.
struct ForgeProvisioner: Provisioner {
    let settings: ForgeSettings
    let services: ProvisionServices

    var forms: [ReferenceForm] { settings.base.forms }
    var access: NetworkAccess { settings.base.access }

    func access(for reference: ArtifactReference) -> NetworkAccess {
        guard let asked = try? asked(reference) else { return access }
        return settings.access(for: asked.origin)
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let asked = try asked(reference)
        if context.offline {
            if let known = context.known { return known }
            throw ProvisionError(.offline, "\(reference) is not stored, and no request may be made")
        }
        guard let api = WebURL(settings.kind.api(of: asked.origin)) else {
            throw ProvisionError(.invalid, "\(reference) names no server")
        }
        let client = ForgeClient(
            kind: settings.kind, api: api, project: asked.project, headers: try await settings.headers(services),
            access: settings.access(for: asked.origin), http: services.http, tokenName: settings.tokenName)
        let release = try await client.release(asked.tag)
        let assets = try await client.assets(of: release)
        let choice = AssetChoice(assets: assets, subject: "\(asked.project)@\(release.tag)".visiblyEscaped)
        let asset = try choice.asset(asked.pattern, platform: context.platform)
        let signers = settings.signers.map { ReleaseSigners(file: $0, environment: services.environment) }
        let digest = try await AssetChecksums(choice: choice, client: client, signers: signers).digest(of: asset)

        var canonical = reference
        canonical.revision = release.tag
        canonical.selector = asset.name
        var resolution = Resolution(
            reference: try Self.checked(canonical), vendor: settings.base.name, kind: context.kind,
            revision: Self.revision(release, asset, digest),
            payload: .files([try await file(asset, digest, client)], listing: .exact))
        resolution.metadata.unverified = digest == nil
        if let pinned = asked.pinned, pinned != resolution.revision {
            throw ProvisionError(
                .revisionNotFound, "\(asset.name.visiblyEscaped) of \(choice.subject) is another file than it was")
        }
        return resolution
    }

    private func asked(_ reference: ArtifactReference) throws(ProvisionError) -> ForgeReference {
        try ForgeReference(reference, kind: settings.kind, origin: settings.base.origin?.url.origin)
    }

    private func file(
        _ asset: AssetAnswer, _ digest: Digest?, _ client: ForgeClient
    ) async throws(ProvisionError) -> RemoteFile {
        let path: RelativePath
        let unpack: Unpack
        do throws(RelativePath.Invalid) {
            (path, unpack) = try TarballReference.payload(RelativePath(asset.name))
        } catch {
            throw ProvisionError(.unsafeContent, "\(client.project): \(error)")
        }
        guard path.parent == nil else {
            throw ProvisionError(.unsafeContent, "\(client.project): \(asset.name.visiblyEscaped) has a slash")
        }
        var sources: [RemoteSource] = []
        // Only with a digest would it show that a mirror has another file.
        if digest != nil, let url = WebURL(asset.download) {
            for mirror in settings.base.mirrors {
                sources.append(
                    RemoteSource(
                        url: mirror.url.description + url.path, headers: try await mirror.headers(services)))
            }
        }
        return RemoteFile(
            path: path, size: asset.size, digest: digest, sources: sources + (try client.sources(of: asset)),
            unpack: unpack)
    }

    /// The tag, and what tells this file from another one under the same tag.
    private static func revision(_ release: ReleaseAnswer, _ asset: AssetAnswer, _ digest: Digest?) -> String {
        if let digest { return "\(release.tag):\(digest)" }
        let time = (asset.updated ?? "").filter { $0.isASCII && ($0.isNumber || $0.isLetter) }
        return "\(release.tag):\(asset.id)-\(time)"
    }

    /// A tag or a name is what someone else wrote: it must be one that a reference can have.
    private static func checked(_ reference: ArtifactReference) throws(ProvisionError) -> ArtifactReference {
        do throws(ReferenceError) {
            return try ArtifactReference(parsing: reference.description)
        } catch {
            throw ProvisionError(.unsafeContent, error.description)
        }
    }
}

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
}
