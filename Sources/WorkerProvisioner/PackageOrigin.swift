import ArtifactTypes
import Pipeline
import Provisioning
import Vendors
import WorkerCatalog

/// Where a PKGBUILD comes from, which decides what it may name.
struct PackageOrigin: Sendable {
    /// The worker's name.
    let worker: String
    let plan: Plan
    /// The repository as vendors.d has it, which `--source` may stand for; nil where there is none.
    let configuredURL: String?
    /// Takes files that the PKGBUILD gives no strong digest of.
    let allowsUnverified: Bool

    /// A job that asks for what the recipe names. One of this machine may name any host.
    func job(_ job: ProvisionJob) -> ProvisionJob {
        var job = job
        job.recipeOrigins = isOfThisMachine ? nil : origins
        return job
    }

    /// What the user configured and what led to the recipe.
    var origins: [String] {
        plan.match.provisioner.access.configuredOrigins + [plan.resolution.git?.url].compactMap(\.self)
    }

    private var isOfThisMachine: Bool { place.hasPrefix("file:") || place.hasPrefix("/") }

    /// What a git source of the recipe is at now. The repository that is built itself is asked as it is configured, with
    /// its mirrors, and at the commit that is built where the source names no other.
    func resolve(
        _ text: String, with pipeline: Pipeline, for job: ProvisionJob
    ) async throws(ProvisionError) -> (VendorRegistry.Match, Resolution) {
        let job = self.job(job)
        var reference: ArtifactReference
        do {
            reference = try ArtifactReference(parsing: text)
        } catch {
            throw ProvisionError(mapping: error)
        }
        let url = String(reference.locator.dropFirst("git+".count))
        guard let own = plan.resolution.git,
            [own.url, configuredURL].compactMap(\.self).contains(where: { Self.plain($0) == Self.plain(url) })
        else {
            guard Self.schemes(below: place).contains(where: url.hasPrefix) else {
                throw ProvisionError(
                    .untrusted, "the PKGBUILD of \(worker) names \(url.visiblyEscaped), which it may not",
                    remedy: "what is on this machine, or unencrypted, only from a repository that is so itself")
            }
            try await check(url, with: pipeline)
            let match = try pipeline.registry.vendor(for: reference, kind: .worker)
            return (match, try await pipeline.resolve(match, known: nil, for: job))
        }
        let asked = reference.fragment.first?.value
        let isThis = asked == nil || asked == own.commit || own.ref == "refs/heads/\(asked ?? "")"
        reference = ArtifactReference(
            vendor: plan.match.name, locator: plan.match.reference.locator, revision: isThis ? own.commit : asked)
        var match = plan.match
        match.reference = reference
        return (match, try await pipeline.resolve(match, known: nil, for: job))
    }

    /// Whether a git source is at another commit than it was for an earlier build.
    func hasMoved(
        _ sources: [WorkerSource], with pipeline: Pipeline, for job: ProvisionJob
    ) async throws(ProvisionError) -> Bool {
        for source in sources where source.reference.hasPrefix("git+") {
            let now = try await resolve(source.reference, with: pipeline, for: job).1
            if now.revision != source.revision { return true }
        }
        return false
    }

    /// A vendor would take the URL for one that the user typed, and ask any host.
    ///
    /// - Throws: `.untrusted` for one of a private network that the PKGBUILD, as it came, may not name.
    func check(_ url: String, with pipeline: Pipeline) async throws(ProvisionError) {
        if isOfThisMachine { return }
        guard let scheme = url.firstRange(of: "://") else { return }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" }
        let host = authority.split(separator: "@").last ?? authority
        let web = (url.hasPrefix("http:") ? "http://" : "https://") + host
        guard await pipeline.mayName(web, from: origins) else {
            throw ProvisionError(
                .untrusted, "the PKGBUILD of \(worker) names \(url.visiblyEscaped), which it may not",
                remedy: "a private network only from a host that is in one itself")
        }
    }

    /// The repository that is built, or the service that gave the PKGBUILD.
    private var place: String {
        plan.resolution.git?.url ?? plan.match.provisioner.access.configuredOrigins.first ?? ""
    }

    /// As with submodules: what is on this machine only from a repository of this machine, and unencrypted only from one
    /// that is.
    private static func schemes(below own: String) -> [String] {
        let secure = ["https://", "ssh://"]
        if own.hasPrefix("file:") || own.hasPrefix("/") { return secure + ["http://", "file:"] }
        return own.hasPrefix("http:") ? secure + ["http://"] : secure
    }

    /// A repository's URL without what makes no difference.
    static func plain(_ url: String) -> String {
        var text = url[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text.hasSuffix(".git") ? text.dropLast(4) : text)
    }
}
