import ArtifactTypes
import Provisioning
import SystemPackage

/// Resolves `github:owner/repo@tag:pattern` to one asset of a release, with the digest that the forge or a file of
/// checksums beside the asset gives.
struct ForgeProvisioner: SigningProvisioner {
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
        let asset = try await choice.asset(
            asked.pattern, platform: context.platform, accelerators: services.accelerators,
            notice: { context.progress(.notice($0)) })
        let signers = settings.base.signers(services)
        let replay = ReplayGuard(
            asked, reference, tag: release.tag, published: release.published, asset: asset.name,
            held: asked.tag == nil || signers != nil ? try context.stored() : [])
        try replay.checkLatest()
        let evidence = ReleaseEvidence(
            client: client, tag: release.tag, assets: assets, subject: choice.subject, signers: signers, replay: replay)
        let found = try await evidence.find(asset)
        if signers != nil { try replay.checkContent(found) }

        var canonical = reference
        canonical.revision = release.tag
        canonical.selector = asset.name
        var resolution = Resolution(
            reference: try Self.checked(canonical), vendor: settings.base.name, kind: context.kind,
            revision: Self.revision(release, asset, found.digest),
            payload: .files([try await file(asset, of: release, found, client)], listing: .exact))
        resolution.metadata.unverified = !resolution.files.allSatisfy(\.isVouchedFor)
        if resolution.metadata.unverified {
            context.progress(.notice("nothing vouches for \(resolution.reference): its release has no checksums"))
        }
        resolution.metadata.published = release.published
        if let pinned = asked.pinned, pinned != resolution.revision {
            throw ProvisionError(
                .revisionNotFound, "\(asset.name.visiblyEscaped) of \(choice.subject) is another file than it was")
        }
        return resolution
    }

    func checkSignature(of file: RemoteFile, at path: FilePath) async throws(ProvisionError) {
        try await settings.base.signers(services)?.check(file, at: path)
    }

    func checkRelease(_ resolution: Resolution, of asked: ArtifactReference, topFolder: String) throws(ProvisionError) {
        guard settings.base.signers(services) != nil else { return }
        let release = resolution.reference
        let replay = ReplayGuard(
            try self.asked(asked), asked, tag: release.revision ?? "", asset: release.selector ?? "")
        try replay.checkNames([topFolder], signed: "the archive with \(topFolder)/")
    }

    private func asked(_ reference: ArtifactReference) throws(ProvisionError) -> ForgeReference {
        try ForgeReference(reference, kind: settings.kind, origin: settings.base.origin?.url.origin)
    }

    private func file(
        _ asset: AssetAnswer, of release: ReleaseAnswer, _ found: FileEvidence.Found, _ client: ForgeClient
    ) async throws(ProvisionError) -> RemoteFile {
        let path: RelativePath
        let unpack: Unpack
        do throws(RelativePath.Invalid) {
            (path, unpack) = try Unpack.payload(of: RelativePath(asset.name))
        } catch {
            throw ProvisionError(.unsafeContent, "\(client.project): \(error)")
        }
        guard path.parent == nil else {
            throw ProvisionError(.unsafeContent, "\(client.project): \(asset.name.visiblyEscaped) has a slash")
        }
        var sources: [RemoteSource] = []
        // Only with a digest would it show that a mirror has another file.
        if found.digest != nil, let url = WebURL(asset.download) {
            for mirror in settings.base.mirrors {
                sources.append(
                    RemoteSource(
                        url: mirror.url.description + url.path, headers: try await mirror.headers(services)))
            }
        }
        return RemoteFile(
            path: path, size: asset.size, digest: found.digest,
            sources: sources + (try client.sources(of: asset, in: release.tag)),
            unpack: unpack, signature: found.signature)
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
