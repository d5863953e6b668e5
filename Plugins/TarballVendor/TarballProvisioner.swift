import ArtifactTypes
import Provisioning

/// Resolves a URL: by its digest without a request, else by a file of checksums beside it, else by what its server says
/// of the file.
struct TarballProvisioner: Provisioner {
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
        if let digest = asked.digest {
            return resolution(
                asked, context, digest, revision: digest.description, size: nil, try await sources(of: asked))
        }
        if context.offline {
            if let known = context.known { return known }
            throw ProvisionError(.offline, "\(asked.url.shown) is not stored, and no request may be made")
        }
        let primary = try await headers(for: asked.url)
        let probe = FileProbe(
            url: asked.url, headers: primary, access: access(for: reference), http: services.http)
        let found = try await probe.look()
        let checksums = FileChecksums(
            url: asked.url, headers: primary, access: access(for: reference), http: services.http)
        if let digest = try await checksums.digest() {
            return resolution(
                asked, context, digest, revision: digest.description, size: found.size, try await sources(of: asked))
        }
        // Without a digest nothing would show that a mirror has another file: the URL itself is the only source.
        let source = RemoteSource(url: asked.url.description, headers: primary)
        var resolution = resolution(
            asked, context, nil, revision: found.revision, size: found.size, [source])
        resolution.metadata.unverified = true
        return resolution
    }

    private func resolution(
        _ asked: TarballReference, _ context: ProvisionContext, _ digest: Digest?, revision: String, size: Int64?,
        _ sources: [RemoteSource]
    ) -> Resolution {
        let file = RemoteFile(
            path: asked.path, size: size, digest: digest, sources: sources, unpack: asked.unpack)
        return Resolution(
            reference: asked.canonical, vendor: settings.name, kind: context.kind, revision: revision,
            payload: .files([file], listing: .exact))
    }

    /// The mirrors, then the URL itself. A query is the origin's own affair, often a signature: no mirror sees it.
    private func sources(of asked: TarballReference) async throws(ProvisionError) -> [RemoteSource] {
        var sources: [RemoteSource] = []
        for mirror in settings.mirrors {
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
