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
        let (answer, skipped) = try await ask(asked) { client throws(ProvisionError) in
            var client = client
            let digest = known == nil ? nil : try await currentDigest(&client, asked)
            if let known, known.revision == digest?.description { return Answer.unchanged(known) }
            return .found(try await find(asked, at: client, context))
        }
        switch answer {
        // What is whole here needs no sources: who is asked for it once more resolves it anew.
        case .unchanged(let known): return known
        case .found(let found): return try await resolution(of: asked, found, skipped, context)
        }
    }

    private enum Answer {
        case unchanged(Resolution)
        case found(FoundArtifact)
    }

    func revision(
        of reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> String {
        let asked = try OCIReference(reference, settings)
        return try await ask(asked) { client throws(ProvisionError) in
            var client = client
            if let digest = try await currentDigest(&client, asked) { return digest.description }
            return try await client.manifest(asked.asked).digest.description
        }.answer
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

    private func currentDigest(
        _ client: inout RegistryClient, _ asked: OCIReference
    ) async throws(ProvisionError) -> Digest? {
        if let digest = asked.digest { return digest }
        return try await client.digest(ofTag: asked.asked)
    }

    /// Indexes within indexes are followed this far.
    private static let depthLimit = 3

    /// The manifest for this machine, and the digest of what was asked for, which pins all that lies below.
    private func find(
        _ asked: OCIReference, at client: RegistryClient, _ context: ProvisionContext
    ) async throws(ProvisionError) -> FoundArtifact {
        var client = client
        let top = try await client.manifest(asked.asked)
        var (document, digest) = top
        for _ in 0...Self.depthLimit {
            switch document {
            case .manifest(let manifest):
                return FoundArtifact(client: client, revision: top.digest, manifest: manifest, digest: digest)
            case .index(let entries):
                let choice = PlatformChoice(entries: entries, subject: asked.subject)
                let entry = try choice.entry(for: context.platform, kind: context.kind)
                (document, digest) = try await client.manifest(
                    entry.checked(in: asked.subject).description, size: entry.size)
            }
        }
        throw ProvisionError(.unsafeContent, "\(asked.subject) is an index of indexes without an end")
    }

    private func resolution(
        of asked: OCIReference, _ found: FoundArtifact, _ skipped: [SkippedSource], _ context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        var client = found.client
        var metadata = try await ModelLayers(reference: asked, manifest: found.manifest).metadata(&client, context)
        let (clients, without) = try await holders(of: found.digest, asked, besides: client)
        metadata.skipped = skipped + without
        // A mirror's word on what a tag is at is nobody's but its own.
        metadata.unverified = asked.digest == nil && client.server != asked.server
        let files = ArtifactFiles(reference: asked, manifest: found.manifest) { layer in
            clients.map { $0.source(layer) }
        }
        return Resolution(
            reference: asked.canonical, vendor: settings.name, kind: context.kind,
            revision: found.revision.description,
            payload: .files(
                context.kind == .worker ? [try files.worker()] : try files.model(context.progress), listing: .exact),
            metadata: metadata)
    }
}
