import ArtifactTypes
import GitCheckout
import Provisioning
import SystemPackage

extension GitProvisioner {
    /// 8 deep: repositories that hold each other would go on for ever.
    private static let deepest = 8

    /// Fetches the submodules that `wanted` names, by commit, into the folders that the checkout made for them.
    func fetchSubmodules(
        of checkout: GitCheckout, at source: GitSource, wanted: [String], for reference: ArtifactReference,
        into root: FilePath, prefix: String = "", depth: Int = 0, _ context: ProvisionContext
    ) async throws(ProvisionError) {
        if wanted.isEmpty {
            let left = checkout.submodules.map { prefix + $0.path.string }
            if depth == 0, !left.isEmpty {
                let list = left.prefix(10).joined(separator: ", ") + (left.count > 10 ? ", …" : "")
                context.progress(
                    .notice("left out submodules: \(list); \"submodules\" in vendors.d names those to fetch"))
            }
            return
        }
        guard depth < Self.deepest else {
            throw ProvisionError(.unsafeContent, "\(source.url) nests submodules more than \(Self.deepest) deep")
        }
        let all = wanted == ["*"]
        let chosen = checkout.submodules.filter { submodule in
            let path = prefix + submodule.path.string
            return all || wanted.contains { $0 == path || $0.hasPrefix(path + "/") }
        }
        if depth == 0, !all {
            for path in wanted
            where !chosen.contains(where: { path == $0.path.string || path.hasPrefix("\($0.path)/") }) {
                let there = checkout.submodules.map(\.path.string).joined(separator: ", ")
                throw ProvisionError(
                    .configuration, "\(source.url) has no submodule \(path)",
                    remedy: there.isEmpty ? "it has none at all" : "it has \(there)")
            }
        }
        for submodule in chosen {
            let path = prefix + submodule.path.string
            let inner = try self.source(of: submodule, in: source)
            context.progress(.stage("fetching submodule \(path)"))
            let folder = root.appending(submodule.path.string)
            let payload = GitPayload(url: inner.url.description, ref: nil, commit: submodule.commit)
            let job = GitFetch(
                provisioner: self, reference: reference, payload: payload, root: folder, context: context)
            let outcome: GitFetch.Outcome
            do throws(ProvisionError) {
                if inner.place.scheme == .file {
                    outcome = try await job.run([inner], skipped: .init(), kept: nil)
                } else {
                    outcome = try await withKept(payload.url) { kept throws(ProvisionError) in
                        try await job.run([inner], skipped: .init(), kept: kept)
                    }
                }
            } catch {
                throw error.of("submodule \(path)")
            }
            try await fetchSubmodules(
                of: outcome.checkout, at: inner, wanted: wanted, for: reference, into: folder, prefix: path + "/",
                depth: depth + 1,
                context)
        }
    }

    /// Where a submodule is: by the same rules as any URL, with the token where the origin is the same, on this machine
    /// only below a repository of this machine, and unencrypted only below one that is.
    private func source(of submodule: GitSubmodule, in outer: GitSource) throws(ProvisionError) -> GitSource {
        var inner = outer
        do throws(GitError) {
            guard let text = submodule.url else {
                throw GitError(.notFound, ".gitmodules has no URL for it")
            }
            let url = try outer.url.resolving(text)
            let allowed: Set<GitURL.Scheme> =
                switch outer.url.scheme {
                case .file: [.file, .https, .http, .ssh]
                case .http: [.http, .https, .ssh]
                case .https, .ssh: [.https, .ssh]
                }
            guard allowed.contains(url.scheme) else {
                throw GitError(.untrusted, "\(outer.url) points to \(url), which it may not")
            }
            inner.url = url
            inner.configuredOrigins = outer.configuredOrigins ?? [outer.url.origin]
            inner.address = nil
            inner.hasAlternative = false
            if url.origin != outer.url.origin { inner.forgetSecrets(caFile: settings.caFile) }
        } catch {
            throw ProvisionError(error).of("submodule \(submodule.path)")
        }
        return try reached(inner)
    }
}
