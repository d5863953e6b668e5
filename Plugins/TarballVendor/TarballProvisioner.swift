import ArtifactTypes
import Provisioning
import SystemPackage

/// Resolves a URL: by its digest without a request, else by a file of checksums beside it or by what its release says, else
/// by what its server says of the file.
struct TarballProvisioner: SigningProvisioner {
    let settings: TarballSettings
    let services: ProvisionServices

    init(_ configuration: VendorConfiguration, _ services: ProvisionServices) throws(ProvisionError) {
        settings = try TarballSettings(configuration)
        self.services = services
    }

    var forms: [ReferenceForm] { settings.forms }
    var access: NetworkAccess { settings.access }

    /// The host of the URL is one that the user typed.
    func access(for reference: ArtifactReference) -> NetworkAccess {
        var access = settings.access
        if let url = WebURL(reference.locator), !access.configuredOrigins.contains(url.origin) {
            access.configuredOrigins.insert(url.origin, at: 0)
        }
        return access
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let asked = try TarballReference(reference)
        let signers = settings.signers(services)
        if let digest = asked.digest, signers == nil {
            return try await resolution(asked, context, .init(digest: digest), nil)
        }
        if context.offline {
            if let known = context.known { return known }
            throw ProvisionError(.offline, "\(asked.url.shown) is not stored, and no request may be made")
        }
        let headers = try await headers(for: asked.url)
        var access = context.recipeOrigins == nil ? access(for: reference) : settings.access
        access.configuredOrigins += context.recipeOrigins ?? []
        let found = try await FileProbe(url: asked.url, headers: headers, access: access, http: services.http).look()
        let beside = FilesBeside(url: asked.url, headers: headers, access: access, http: services.http)
        var evidence = try await beside.evidence(signers: signers).find(asked.digest)
        if !evidence.vouches, let release = ReleaseAddress(asked.url) {
            let told = try await release.evidence(headers: headers, access: access, http: services.http) {
                context.progress(.notice($0))
            }
            evidence = told ?? evidence
        }
        return try await resolution(asked, context, evidence, found)
    }

    func checkSignature(of file: RemoteFile, at path: FilePath) async throws(ProvisionError) {
        try await settings.signers(services)?.check(file, at: path)
    }

    private func resolution(
        _ asked: TarballReference, _ context: ProvisionContext, _ evidence: FileEvidence.Found,
        _ found: FileProbe.Found?
    ) async throws(ProvisionError) -> Resolution {
        let file = RemoteFile(
            path: asked.path, size: found?.size, digest: evidence.digest,
            sources: try await sources(of: asked, withMirrors: evidence.digest != nil), unpack: asked.unpack,
            signature: evidence.signature)
        if !file.isVouchedFor {
            context.progress(
                .notice("nothing vouches for \(asked.url.shown): no checksums beside it; #sha256=… pins it"))
        }
        return Resolution(
            reference: asked.canonical, vendor: settings.name, kind: context.kind,
            revision: evidence.digest?.description ?? found?.revision ?? "",
            payload: .files([file], listing: .exact),
            metadata: Resolution.Metadata(unverified: !file.isVouchedFor))
    }

    /// The mirrors, then the URL itself. A query is the origin's own affair, often a signature: no mirror sees it.
    ///
    /// - Parameter withMirrors: false without a digest: nothing would show that a mirror has another file.
    private func sources(
        of asked: TarballReference, withMirrors: Bool
    ) async throws(ProvisionError) -> [RemoteSource] {
        var sources: [RemoteSource] = []
        for mirror in withMirrors ? settings.mirrors : [] {
            let url = mirror.url.description + asked.url.path
            sources.append(RemoteSource(url: url, headers: try await mirror.headers(services)))
        }
        sources.append(RemoteSource(url: asked.url.description, headers: try await headers(for: asked.url)))
        return sources
    }

    private func headers(for url: WebURL) async throws(ProvisionError) -> [String: Secret] {
        guard let origin = settings.origin, origin.url.origin == url.origin else { return [:] }
        return try await origin.headers(services)
    }
}
