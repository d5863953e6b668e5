import ArtifactTypes
import Provisioning

/// A manifest that has layers, and where it was found.
struct FoundArtifact: Sendable {
    /// Logged in, where that was wanted.
    let client: RegistryClient
    /// Of what was asked for: the manifest, or an index above it.
    let revision: Digest
    let manifest: Manifest
    let digest: Digest
}

/// The registry and its mirrors.
extension OCIProvisioner {
    /// What the registry says decides; while it cannot be reached, what the first mirror says.
    func ask<Answer>(
        _ asked: OCIReference, _ question: (RegistryClient) async throws(ProvisionError) -> Answer
    ) async throws(ProvisionError) -> (answer: Answer, skipped: [SkippedSource]) {
        try await services.mirrors.ask(
            client(for: asked, at: asked.server), else: mirrors(of: asked).map { client(for: asked, at: $0) },
            url: \.server.url, question)
    }

    /// Who the layers of a manifest can be had from, in the order in which they are to be asked: the mirrors that have
    /// it, and the registry. A mirror that has failed of late is not asked for it now: there is another.
    ///
    /// - Parameter client: of who has answered already.
    /// - Returns: them, and the mirrors that were passed over.
    func holders(
        of digest: Digest, _ asked: OCIReference, besides client: RegistryClient
    ) async throws(ProvisionError) -> (clients: [RegistryClient], skipped: [SkippedSource]) {
        var clients: [RegistryClient] = []
        var skipped: [SkippedSource] = []
        let setBack = services.mirrors.setBack()
        for server in mirrors(of: asked) where server != client.server {
            let name = MirrorHealth.server(of: server.url)
            if setBack.contains(name) { continue }
            var mirror = self.client(for: asked, at: server)
            do {
                try await mirror.check(digest)
                clients.append(mirror)
            } catch {
                if error.code == .cancelled { throw error }
                skipped.append(SkippedSource(url: server.url, reason: error.message))
                if error.isUnanswered { services.mirrors.note(name, error.message) }
            }
        }
        return (clients + [client], skipped)
    }

    /// Those of the instance's own registry have none of another's.
    private func mirrors(of asked: OCIReference) -> [RegistryServer] {
        asked.server == settings.registry ? settings.mirrors : []
    }

    private func client(for asked: OCIReference, at server: RegistryServer) -> RegistryClient {
        RegistryClient(
            asked,
            RegistryLogin(
                server: server, settings: settings, services: services, access: settings.access(to: server)),
            hasAlternative: !mirrors(of: asked).isEmpty)
    }
}
