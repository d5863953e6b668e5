import ArtifactTypes
import Provisioning

/// Resolves references of registries: the manifest by its tag or digest, of an index the one for this machine, and its
/// layers as files.
struct OCIProvisioner: Provisioner {
    let settings: OCISettings
    let services: ProvisionServices

    var forms: [ReferenceForm] { settings.forms }
    var access: NetworkAccess { settings.access }

    /// The registry is one that the user typed.
    func access(for reference: ArtifactReference) -> NetworkAccess {
        guard let asked = try? OCIReference(reference, settings) else { return settings.access }
        return settings.access(to: asked.server)
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let asked = try OCIReference(reference, settings)
        // What is stored may have another spelling of the same, from before there was one.
        let known = context.known.flatMap { canonical($0.reference) == asked.canonical ? $0 : nil }
        if context.offline {
            if let known { return known }
            throw ProvisionError(.offline, "\(reference) is not stored, and no request may be made")
        }
        var client = client(for: asked)
        // What is whole here needs no sources: who is asked for it once more resolves it anew.
        if let known, let digest = try await currentDigest(&client, asked), digest.description == known.revision {
            return known
        }
        let found = try await manifest(&client, asked, context)
        let metadata = try await ModelLayers(reference: asked, manifest: found.manifest).metadata(&client, context)
        let files = ArtifactFiles(reference: asked, manifest: found.manifest) { [client] in client.source($0) }
        return Resolution(
            reference: asked.canonical, vendor: settings.name, kind: context.kind, revision: found.digest.description,
            payload: .files(
                context.kind == .worker ? [try files.worker()] : try files.model(context.progress), listing: .exact),
            metadata: metadata)
    }

    func revision(
        of reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> String {
        let asked = try OCIReference(reference, settings)
        var client = client(for: asked)
        if let digest = try await currentDigest(&client, asked) { return digest.description }
        return try await client.manifest(asked.asked).digest.description
    }

    func canonical(_ reference: ArtifactReference) -> ArtifactReference {
        (try? OCIReference(reference, settings))?.canonical ?? reference
    }

    /// A URL too names its manifest's digest, after the tag, which may have moved on.
    func pinned(_ reference: ArtifactReference, at revision: String) -> ArtifactReference {
        guard let asked = try? OCIReference(reference, settings), asked.digest == nil,
            let pinned = try? ArtifactReference(parsing: "\(asked.canonical)@\(revision)")
        else { return reference }
        return pinned
    }

    /// At the instance's own registry the first part of the repository, which of a repository of one part is nobody's;
    /// at any other, where anyone may call a repository what he likes, the host.
    func organization(of reference: ArtifactReference) -> String? {
        guard let asked = try? OCIReference(reference, settings) else { return nil }
        guard asked.server == settings.registry else { return asked.server.names[0].prefix { $0 != ":" }.lowercased() }
        let parts = asked.repository.split(separator: "/")
        return parts.count > 1 ? String(parts[0]) : nil
    }

    private func client(for asked: OCIReference) -> RegistryClient {
        RegistryClient(
            asked,
            RegistryLogin(
                server: asked.server, settings: settings, services: services, access: settings.access(to: asked.server))
        )
    }

    private func currentDigest(
        _ client: inout RegistryClient, _ asked: OCIReference
    ) async throws(ProvisionError) -> Digest? {
        if let digest = asked.digest { return digest }
        return try await client.digest(ofTag: asked.asked)
    }

    /// Indexes within indexes are followed this far.
    private static let depthLimit = 3

    /// The manifest for this machine, and the digest of what was asked for, which pins all that lies below.
    private func manifest(
        _ client: inout RegistryClient, _ asked: OCIReference, _ context: ProvisionContext
    ) async throws(ProvisionError) -> (manifest: Manifest, digest: Digest) {
        let top = try await client.manifest(asked.asked)
        var document = top.document
        for _ in 0...Self.depthLimit {
            switch document {
            case .manifest(let manifest): return (manifest, top.digest)
            case .index(let entries):
                let choice = PlatformChoice(entries: entries, subject: asked.subject)
                let entry = try choice.entry(for: context.platform, kind: context.kind)
                let digest = try entry.checked(in: asked.subject)
                document = try await client.manifest(digest.description, size: entry.size).document
            }
        }
        throw ProvisionError(.unsafeContent, "\(asked.subject) is an index of indexes without an end")
    }
}
