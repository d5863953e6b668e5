import ArtifactTypes
import GitCheckout
import Provisioning
import SystemPackage

extension GitProvisioner {
    func fetch(
        _ resolution: Resolution, into staging: StagingArea, in context: ProvisionContext
    ) async throws(ProvisionError) -> Resolution {
        guard let payload = resolution.git else {
            throw ProvisionError(.invalid, "\(resolution.reference) is not a git payload")
        }
        let request = try request(resolution.reference, in: context)
        guard request.primary.url.description == payload.url else {
            throw ProvisionError(
                .configuration, "\(resolution.reference) was resolved at \(payload.url), which is no longer configured")
        }
        let sources = services.mirrors.order(request.mirrors + [request.primary]) { $0.url.description }
        let job = GitFetch(
            provisioner: self, reference: resolution.reference, payload: payload, root: staging.root, context: context)
        var resolution = resolution
        let outcome: GitFetch.Outcome
        if sources.allSatisfy({ $0.place.scheme == .file }) {
            outcome = try await job.run(sources, skipped: resolution.metadata, kept: nil)
        } else {
            outcome = try await withKept(payload.url) { [metadata = resolution.metadata] kept throws(ProvisionError) in
                try await compareTag(payload, in: kept, isCertain: !metadata.unverified)
                return try await job.run(sources, skipped: metadata, kept: kept)
            }
        }
        var fetched = payload
        fetched.tree = outcome.checkout.tree
        fetched.mirror = outcome.source == payload.url ? nil : outcome.source
        resolution.payload = .git(fetched)
        resolution.metadata = outcome.metadata
        try await fetchSubmodules(
            of: outcome.checkout, at: request.primary, wanted: payload.submodules, for: resolution.reference,
            into: staging.root, context)
        return resolution
    }

    private func compareTag(
        _ payload: GitPayload, in kept: GitRepository, isCertain: Bool
    ) async throws(ProvisionError) {
        guard let ref = payload.ref else { return }
        do throws(GitError) {
            try await kept.note(tag: ref, at: payload.commit, isCertain: isCertain)
        } catch {
            throw ProvisionError(error).of(payload.url)
        }
    }

    /// Runs `body` with the mirror that is kept of `url`, alone.
    func withKept<Value: Sendable>(
        _ url: String, _ body: @escaping @Sendable (GitRepository) async throws(ProvisionError) -> Value
    ) async throws(ProvisionError) -> Value {
        let result = ResultBox<Value>()
        do {
            try await services.keptSources.with(url) { folder in
                result.set(try await body(GitRepository.kept(in: folder)))
            }
        } catch {
            throw ProvisionError(mapping: error)
        }
        guard let value = result.value else {
            throw ProvisionError(.unavailable, "the kept copy of \(url) is not there")
        }
        return value
    }
}

/// One commit on its way into a folder.
struct GitFetch {
    struct Outcome: Sendable {
        var checkout: GitCheckout
        /// The URL that served it.
        var source: String
        var metadata: Resolution.Metadata
    }

    let provisioner: GitProvisioner
    /// What it is fetched for.
    let reference: ArtifactReference
    let payload: GitPayload
    let root: FilePath
    let context: ProvisionContext

    /// From what is kept, else from the first source that has it.
    func run(
        _ sources: [GitSource], skipped: Resolution.Metadata, kept: GitRepository?
    ) async throws(ProvisionError) -> Outcome {
        var metadata = skipped
        if let kept, let outcome = try await checkOutKept(kept, metadata) {
            try await placeLargeFiles(of: outcome.checkout, from: sources, kept)
            return outcome
        }
        var failures: [ProvisionError] = []
        for source in sources {
            do throws(ProvisionError) {
                let checkout = try await checkOut(from: source, kept)
                let others = sources.filter { $0.url != source.url }
                try await placeLargeFiles(of: checkout, from: [source] + others, kept)
                metadata.skipped.removeAll { $0.url == source.url.description }
                return Outcome(checkout: checkout, source: source.place.description, metadata: metadata)
            } catch {
                if error.stopsSearch { throw error }
                // What it sent is no whole commit, and the next one must not be told that it is here.
                if error.code == .digestMismatch, let kept { try await forget(kept) }
                failures.append(error)
                if sources.count > 1 { provisioner.pass(over: source, error.message, &metadata, context) }
            }
        }
        throw ProvisionError(failures)
    }

    /// Nil where the commit is not kept, or what is kept of it is damaged: then it is forgotten.
    private func checkOutKept(
        _ kept: GitRepository, _ metadata: Resolution.Metadata
    ) async throws(ProvisionError) -> Outcome? {
        do throws(GitError) {
            guard let commit = try await kept.keptCommits().first(where: { $0.id == payload.commit }) else {
                return nil
            }
            let checkout = try await checkOut(kept)
            return Outcome(checkout: checkout, source: commit.source, metadata: metadata)
        } catch  where error.code == .corrupt || error.code == .revisionNotFound {
            context.progress(.notice("what was kept of \(payload.url) is damaged and is fetched again"))
            try await forget(kept)
            return nil
        } catch {
            throw ProvisionError(error)
        }
    }

    private func forget(_ kept: GitRepository) async throws(ProvisionError) {
        do {
            try await kept.forgetKeptCommits()
            try emptyFolder(root)
        } catch {
            throw ProvisionError(mapping: error)
        }
    }

    private func checkOut(
        from source: GitSource, _ kept: GitRepository?
    ) async throws(ProvisionError) -> GitCheckout {
        if context.offline, source.place.scheme != .file {
            throw ProvisionError(
                .offline, "\(payload.url) at \(payload.commit) is not kept, and nothing may be asked offline")
        }
        let remote = source.place.scheme == .file ? nil : try await provisioner.remote(source)
        do throws(GitError) {
            guard let remote, let kept else {
                let repository = GitRepository.inPlace(at: source.place.filePath)
                if payload.ref != nil { try check(await repository.references(), source) }
                return try await checkOut(repository)
            }
            try await fetch(from: remote, source, into: kept)
            context.progress(.stage("checking out \(payload.commit)"))
            return try await checkOut(kept)
        } catch  where error.code == .refused && payload.ref == nil {
            throw ProvisionError(
                .revisionNotFound, "\(source.url) does not give out \(payload.commit): \(error.message)")
        } catch {
            throw ProvisionError(error)
        }
    }

    private func fetch(from remote: GitRemote, _ source: GitSource, into kept: GitRepository) async throws(GitError) {
        let client = provisioner.client
        let progress = { @Sendable [progress = context.progress] (state: GitFetchProgress) in
            progress(
                .gitTransfer(
                    url: remote.url.description, objects: state.objects, totalObjects: state.totalObjects,
                    bytes: state.bytes))
        }
        do throws(GitError) {
            try await client.withSession(to: remote) { session throws(GitError) in
                if let ref = payload.ref { try check(await session.references([ref]), source) }
                try await session.fetch(payload.commit, into: kept) { state throws(GitError) in
                    try checkSize(ofPack: state.bytes)
                    progress(state)
                }
            }
        } catch  where (error.code == .refused || error.code == .revisionNotFound) && payload.ref == nil {
            // A server may give out ends of branches and tags alone (`uploadpack.allowReachableSHA1InWant`).
            context.progress(.stage("fetching all of \(source.url), which does not give out a commit by itself"))
            try await client.withSession(to: remote) { session throws(GitError) in
                try await session.fetchHistory(with: payload.commit, into: kept, progress: progress)
            }
        }
    }

    /// - Throws: `.unavailable` where the ref is at another commit than the one that was resolved.
    private func check(_ references: GitReferences, _ source: GitSource) throws(GitError) {
        guard let ref = payload.ref else { return }
        guard let found = references[ref] else { throw GitError(.unavailable, "it has no \(ref)") }
        if found.commit != payload.commit {
            throw GitError(
                .unavailable,
                "\(ref) is at \(found.commit.prefix(12)) there, and \(payload.commit.prefix(12)) is wanted")
        }
    }
}
