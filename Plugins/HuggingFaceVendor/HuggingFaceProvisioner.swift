import ArtifactTypes
import Provisioning

/// Resolves `hf:org/name[@rev][:selector]` by the hub's API: one request for the commit, one a page for the files.
struct HuggingFaceProvisioner: Provisioner {
    let forms: [ReferenceForm]
    let access: NetworkAccess
    let settings: HubSettings
    let services: ProvisionServices

    init(_ configuration: VendorConfiguration, _ services: ProvisionServices) throws(ProvisionError) {
        settings = try HubSettings(configuration, environment: services.environment)
        self.services = services
        access = settings.access
        let patterns = ["\(configuration.name):{org}/{name}"] + (settings.isBuiltIn ? ["{org}/{name}"] : [])
        forms = configuration.forms + patterns.compactMap { ReferenceForm($0) }
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let id = try RepositoryID(reference.locator)
        if context.offline {
            if let known = context.known { return known }
            throw ProvisionError(.offline, "\(reference) is not stored, and no request may be made")
        }
        let clients = try await clients()
        let asked = try await ask(clients, for: id, revision: reference.revision ?? "main", context)
        let current =
            try asked.answer.id.map { name throws(ProvisionError) in
                do { return try RepositoryID(name) } catch {
                    throw asked.client.odd("it calls \(id) by a name that is none")
                }
            } ?? id
        guard Self.isCommit(asked.answer.sha) else { throw asked.client.odd("the commit of \(id) is none") }
        if current != id { context.progress(.notice("\(id) is \(current) by now at \(asked.client.server.url)")) }
        let files = RepositoryFiles(id: current, commit: asked.answer.sha, clients: clients)
        if let known = context.known, known.revision == asked.answer.sha,
            case .files(let held, let listing) = known.payload
        {
            // The sidecar keeps no secret: the headers are made anew.
            var same = known
            same.payload = .files(held.map(files.withSources), listing: listing)
            return same
        }
        if asked.answer.isGated { try await asked.client.checkAccess(current) }
        let listed = try files.listed(try await asked.client.tree(current, commit: asked.answer.sha))
        var canonical = reference
        canonical.vendor = settings.name
        let isPinned = reference.revision == asked.answer.sha
        return Resolution(
            reference: canonical, vendor: settings.name, kind: context.kind, revision: asked.answer.sha,
            payload: .files(listed, listing: .repository),
            metadata: .init(
                license: asked.answer.license, tags: asked.answer.tags, gated: asked.answer.isGated,
                skipped: asked.skipped, unverified: !asked.skipped.isEmpty && !isPinned))
    }

    func revision(
        of reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> String {
        let id = try RepositoryID(reference.locator)
        let asked = try await ask(try await clients(), for: id, revision: reference.revision ?? "main", context)
        guard Self.isCommit(asked.answer.sha) else { throw asked.client.odd("the commit of \(id) is none") }
        return asked.answer.sha
    }

    /// 40 or, in a repository with SHA-256, 64 digits.
    private static func isCommit(_ text: String) -> Bool {
        Digest(.gitSHA1, hex: text) != nil || Digest(.sha256, hex: text) != nil
    }
}

// MARK: - Servers

extension HuggingFaceProvisioner {
    /// Every server with its token, the endpoint last: the order in which files are fetched.
    private func clients() async throws(ProvisionError) -> [HubClient] {
        var clients: [HubClient] = []
        for server in settings.mirrors { clients.append(try await client(server, usesHubToken: false)) }
        clients.append(try await client(settings.endpoint, usesHubToken: settings.usesHubToken))
        return clients
    }

    private func client(_ server: HubServer, usesHubToken: Bool) async throws(ProvisionError) -> HubClient {
        var token: Secret?
        if let source = server.token {
            token = try await services.secret(source).flatMap(HubToken.trimmed)
        } else if usesHubToken {
            token = try await HubToken(services: services).find()
        }
        if token != nil, server.isPlain, !access.allowInsecure {
            throw ProvisionError(
                .configuration, "a token would go to \(server.url) over plain http",
                remedy: "use https, or set insecure = true in vendors.d")
        }
        let name = usesHubToken ? "HF_TOKEN" : server.token.map { "the token (\($0))" } ?? "a token in vendors.d"
        return HubClient(
            server: server, token: token, access: access, http: services.http, tokenName: name,
            hasAlternative: !settings.mirrors.isEmpty)
    }

    private struct Asked {
        let client: HubClient
        let answer: ModelAnswer
        var skipped: [SkippedSource] = []
    }

    /// What the endpoint says a revision is at decides; while it is down, the first mirror that answers.
    private func ask(
        _ clients: [HubClient], for id: RepositoryID, revision: String, _ context: ProvisionContext
    ) async throws(ProvisionError) -> Asked {
        guard let endpoint = clients.last else { throw ProvisionError(.configuration, "no endpoint") }
        let (asked, skipped) = try await services.mirrors.ask(
            endpoint, else: clients.dropLast(), url: \.server.url
        ) { client throws(ProvisionError) in
            Asked(client: client, answer: try await client.model(id, revision: revision))
        }
        return Asked(client: asked.client, answer: asked.answer, skipped: skipped)
    }
}
