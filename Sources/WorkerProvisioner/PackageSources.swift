import ArtifactTypes
import ContentStore
import Foundation
import Pipeline
import Provisioning
import SystemPackage
import Vendors
import WorkerBuild
import WorkerCatalog

/// Brings the sources of a PKGBUILD into its `$srcdir`, each by the vendor that takes it.
struct PackageSources {
    let pipeline: Pipeline
    /// The build that they belong to: its repository is one that the user configured.
    let build: WorkerProvisioner.BuildPlan
    let package: PackageBuild
    let job: ProvisionJob

    /// - Returns: what came from elsewhere than the checkout.
    func fetch(_ sources: [PackageSource]) async throws(ProvisionError) -> [WorkerSource] {
        let loose = sources.filter { !$0.isVouchedFor }
        guard loose.isEmpty || build.allowsUnverified else {
            throw ProvisionError(
                .untrusted,
                "the PKGBUILD of \(build.name.name) has no strong digest of \(loose.map(\.name.string).joined(separator: ", "))",
                remedy: "give sha256sums, sha512sums or b2sums, or build with --allow-unverified")
        }
        var fetched: [WorkerSource] = []
        for source in sources {
            job.progress(.stage("source \(source.name)"))
            switch source.place {
            case .git(let text): fetched.append(try await commit(text, source))
            case .file(let url): fetched.append(try await file(url, source))
            case .local(let path): try copy(path, source)
            }
            if case .git = source.place { continue }
            do {
                try await package.check(package.sources.appending(source.name.string), of: source)
            } catch {
                throw ProvisionError(worker: error)
            }
            if source.unpack { try await pipeline.unpack(source.name, in: package.sources) }
        }
        return fetched
    }

    /// A file beside the PKGBUILD. Nothing but the evaluation has run, which could change nothing there.
    private func copy(_ path: RelativePath, _ source: PackageSource) throws(ProvisionError) {
        let file = package.folder.appending(path.string)
        let target = package.sources.appending(source.name.string)
        var isFolder: ObjCBool = false
        let links = URL(fileURLWithPath: file.string).resolvingSymlinksInPath().path
        let root = URL(fileURLWithPath: package.checkout.string).resolvingSymlinksInPath().path
        guard FileManager.default.fileExists(atPath: file.string, isDirectory: &isFolder), !isFolder.boolValue,
            links.hasPrefix(root + "/")
        else {
            throw ProvisionError(
                .configuration, "the PKGBUILD of \(build.name.name) names the file \(path), which is not beside it")
        }
        do {
            try FileManager.default.copyItem(atPath: links, toPath: target.string)
        } catch {
            throw ProvisionError(mapping: error, otherwise: .io(errno: 0))
        }
    }

    private func commit(_ text: String, _ source: PackageSource) async throws(ProvisionError) -> WorkerSource {
        let (match, resolution) = try await build.resolve(text, with: pipeline, for: job)
        let folder = package.sources.appending(source.name.string)
        let fetched = try await pipeline.fetchCommit(resolution, from: match, into: folder, for: job)
        if let git = fetched.git {
            try await pipeline.addHistory(of: git, to: folder)
            do {
                try await package.readIndex(of: source)
            } catch {
                throw ProvisionError(worker: error)
            }
        }
        return WorkerSource(
            name: source.name.string, reference: text, revision: fetched.revision, mirror: fetched.git?.mirror)
    }

    private func file(_ url: String, _ source: PackageSource) async throws(ProvisionError) -> WorkerSource {
        let stem = String(url.prefix { $0 != "#" })
        let reference: ArtifactReference
        do {
            reference = try ArtifactReference(
                parsing: stem + (source.digest.map { "#\($0.algorithm.rawValue)=\($0.hex)" } ?? ""))
        } catch {
            throw ProvisionError(mapping: error)
        }
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let resolution: Resolution
        if source.digest == nil {
            // The vendor would ask the host what it has; whether that host may be asked is seen when it is fetched.
            let file = RemoteFile(path: source.name, size: nil, digest: nil, sources: [RemoteSource(url: stem)])
            resolution = Resolution(
                reference: match.reference, vendor: match.name, kind: .worker, revision: stem,
                payload: .files([file], listing: .exact))
        } else {
            resolution = try await pipeline.resolve(match, known: nil, for: job)
        }
        try await pipeline.fetchFile(
            of: Plan(match: match, resolution: resolution, item: build.plan.item), named: source.name,
            into: package.sources, origins: build.plan.match.provisioner.access.configuredOrigins, for: job)
        return WorkerSource(
            name: source.name.string, reference: String(stem.prefix { $0 != "?" }),
            revision: source.sums.first { $0.algorithm.isStrong }.map { "\($0.algorithm.rawValue):\($0.hex)" },
            mirror: nil)
    }
}

extension WorkerProvisioner.BuildPlan {
    /// What a git source of the recipe is at now. The repository that is built itself is asked as it is configured, with
    /// its mirrors, and at the commit that is built where the source names no other.
    func resolve(
        _ text: String, with pipeline: Pipeline, for job: ProvisionJob
    ) async throws(ProvisionError) -> (VendorRegistry.Match, Resolution) {
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
            guard Self.schemes(below: plan.resolution.git?.url ?? "").contains(where: url.hasPrefix) else {
                throw ProvisionError(
                    .untrusted, "the PKGBUILD of \(name.name) names \(url.visiblyEscaped), which it may not",
                    remedy: "what is on this machine, or unencrypted, only from a repository that is so itself")
            }
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

    /// As with submodules: what is on this machine only from a repository of this machine, and unencrypted only from one
    /// that is.
    private static func schemes(below own: String) -> [String] {
        let secure = ["https://", "ssh://"]
        if own.hasPrefix("file:") || own.hasPrefix("/") { return secure + ["http://", "file:"] }
        return own.hasPrefix("http:") ? secure + ["http://"] : secure
    }

    private static func plain(_ url: String) -> String {
        var text = url[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text.hasSuffix(".git") ? text.dropLast(4) : text)
    }
}
