import ArtifactTypes
import FoundationEssentials
import GitCheckout
import Provisioning

/// A configured git repository, or, without one, whatever `git+…` references name.
struct GitProvisioner: FetchingProvisioner {
    let name: String
    let settings: GitSettings
    let client: GitClient
    let services: ProvisionServices
    let configuration: VendorConfiguration

    var forms: [ReferenceForm] {
        let patterns =
            settings.primary == nil
            ? ["git+https://{path*}", "git+http://{path*}", "git+ssh://{path*}", "git+file://{path*}"]
            : ["\(name):{locator}", name]
        return patterns.compactMap { ReferenceForm($0) }
    }

    var access: NetworkAccess {
        let sources = (settings.primary.map { [$0] } ?? []) + settings.mirrors
        var access = settings.access
        access.configuredOrigins = sources.map(\.url.origin)
        return access
    }

    func resolve(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        let request = try request(reference, in: context)
        let known = context.known?.git.flatMap { $0.url == request.primary.url.description ? $0 : nil }
        if context.offline, request.primary.place.scheme != .file {
            guard let resolution = context.known, known != nil else {
                throw ProvisionError(.offline, "\(reference) is not stored, and nothing may be asked offline")
            }
            return resolution
        }
        var metadata = Resolution.Metadata()
        let found: Found
        if case .commit(let id) = request.revision {
            found = Found(ref: nil, commit: id, tag: try await tag(at: id, request, known, &metadata, context))
        } else {
            found = try await ask(request, &metadata, context)
        }
        return Resolution(
            reference: reference, vendor: name, kind: context.kind, revision: found.commit,
            payload: .git(
                GitPayload(
                    url: request.primary.url.description, ref: found.ref, commit: found.commit,
                    submodules: settings.submodules, tag: found.tag)),
            metadata: metadata)
    }

    /// What a revision is at.
    struct Found {
        var ref: String?
        var commit: String
        var tag: String?
    }

    /// Asks the primary; where it cannot be asked, the mirrors in order, whose word nothing vouches for.
    private func ask(
        _ request: GitRequest, _ metadata: inout Resolution.Metadata, _ context: ProvisionContext
    ) async throws(ProvisionError) -> Found {
        var failures: [ProvisionError] = []
        for source in [request.primary] + services.mirrors.order(request.mirrors, by: { $0.url.description }) {
            do throws(ProvisionError) {
                let found = try await find(request.revision, at: source)
                metadata.unverified = source.url != request.primary.url
                return found
            } catch {
                let isPrimary = source.url == request.primary.url
                // What the primary says counts, also that it has no such branch.
                if error.stopsSearch || isPrimary && !error.isOutOfReach { throw error }
                failures.append(error)
                if !request.mirrors.isEmpty { pass(over: source, error.message, &metadata, context) }
            }
        }
        throw ProvisionError(failures)
    }

    private func find(_ revision: GitRevision, at source: GitSource) async throws(ProvisionError) -> Found {
        let references = try await references(of: source, revision.prefixes + ["refs/tags/"])
        if let found = references.find(revision) {
            return Found(ref: found.ref, commit: found.commit, tag: revision.tag ?? references.tag(at: found.commit))
        }
        throw await missing(revision, at: source)
    }

    /// What the error says of a revision that is not there: the names most like it.
    private func missing(_ revision: GitRevision, at source: GitSource) async -> ProvisionError {
        let asked = revision.name
        let message = "\(source.url) has no \(revision)"
        do throws(ProvisionError) {
            let all = try await references(of: source, ["refs/heads/", "refs/tags/"])
            let near = all.names(like: asked)
            if near.isEmpty { return ProvisionError(.revisionNotFound, "\(message); it is empty") }
            let remedy = "it has \(near.map(\.visiblyEscaped).joined(separator: ", ")); a commit wants all 40 digits"
            return ProvisionError(.revisionNotFound, message, remedy: remedy)
        } catch {
            return ProvisionError(.revisionNotFound, message)
        }
    }

    /// The tag of a pinned commit. Where nobody can be asked, the fetch will tell; a tag is no reason to fail.
    private func tag(
        at commit: String, _ request: GitRequest, _ known: GitPayload?, _ metadata: inout Resolution.Metadata,
        _ context: ProvisionContext
    ) async throws(ProvisionError) -> String? {
        if let known, known.commit == commit { return known.tag }
        do throws(ProvisionError) {
            return try await references(of: request.primary, ["refs/tags/"]).tag(at: commit)
        } catch {
            if error.stopsSearch || request.mirrors.isEmpty { throw error }
            pass(over: request.primary, error.message, &metadata, context)
            return nil
        }
    }
}

extension GitProvisioner {
    /// What `reference` asks, and of where.
    func request(
        _ reference: ArtifactReference, in context: ProvisionContext
    ) throws(ProvisionError) -> GitRequest {
        var request = try GitRequest(reference, settings)
        if settings.primary == nil { request.primary.configuredOrigins = context.recipeOrigins }
        request.primary.hasAlternative = !request.mirrors.isEmpty
        request.primary = try reached(request.primary)
        request.mirrors = try request.mirrors.map { source throws(ProvisionError) in
            var mirror = try reached(source)
            mirror.hasAlternative = true
            return mirror
        }
        return request
    }

    /// `source` with the place that the user's git configuration has for it. A token belongs to the origin that it is
    /// configured for, and does not move along.
    func reached(_ source: GitSource) throws(ProvisionError) -> GitSource {
        do throws(GitError) {
            let configuration = try GitConfiguration(environment: services.environment)
            let place = try configuration.rewriting(source.url)
            var reached = source
            reached.proxy = configuration.proxy(for: place)
            if place == source.url { return reached }
            reached.address = place
            if place.origin != source.url.origin { reached.forgetSecrets(caFile: settings.caFile) }
            return reached
        } catch {
            throw ProvisionError(error)
        }
    }

    func references(of source: GitSource, _ prefixes: [String]) async throws(ProvisionError) -> GitReferences {
        let remote = source.place.scheme == .file ? nil : try await remote(source)
        do throws(GitError) {
            guard let remote else { return try await GitRepository.inPlace(at: source.place.filePath).references() }
            return try await client.withSession(to: remote) { session throws(GitError) in
                try await session.references(prefixes)
            }
        } catch {
            throw ProvisionError(error)
        }
    }

    /// `source` with its token read.
    func remote(_ source: GitSource) async throws(ProvisionError) -> GitRemote {
        var credential: GitCredential?
        if let place = source.token {
            guard let token = try await services.secret(place), !token.isEmpty else {
                throw ProvisionError(.unauthorized, "the token for \(source.url) is not there: \(place) is not set")
            }
            credential = GitCredential(username: source.place.user ?? source.username, token: token)
        }
        let origins = (source.configuredOrigins ?? [source.url.origin]) + (source.address.map { [$0.origin] } ?? [])
        return GitRemote(
            url: source.place, credential: credential, allowInsecure: settings.allowInsecure, caFile: source.caFile,
            configuredOrigins: access.configuredOrigins + origins,
            timeout: .seconds(settings.access.stallTimeout), sshKey: try key(of: source), proxy: source.proxy,
            hasAlternative: source.hasAlternative)
    }

    /// - Throws: `.configuration` where a key that is named is not there; ssh would only say that nothing was accepted.
    private func key(of source: GitSource) throws(ProvisionError) -> String? {
        guard let key = source.sshKey else { return nil }
        var path = key
        if key.hasPrefix("~/"), let home = services.environment["HOME"] { path = home + key.dropFirst() }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ProvisionError(
                .configuration, "the ssh key \(key) of vendor \(name) cannot be read", remedy: "check \"ssh-key\"")
        }
        return path
    }

    func pass(
        over source: GitSource, _ message: String, _ metadata: inout Resolution.Metadata, _ context: ProvisionContext
    ) {
        let url = source.url.description
        let reason = message.hasPrefix("\(url): ") ? String(message.dropFirst(url.count + 2)) : message
        context.progress(.notice("passed over \(url): \(reason)"))
        metadata.skipped.removeAll { $0.url == url }
        metadata.skipped.append(SkippedSource(url: url, reason: reason))
        services.mirrors.note(url, reason)
    }
}
