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
    let origin: PackageOrigin
    let package: PackageBuild
    let job: ProvisionJob

    /// - Returns: what came from elsewhere than the checkout.
    func fetch(_ sources: [PackageSource]) async throws(ProvisionError) -> [WorkerSource] {
        let loose = sources.filter { !$0.isVouchedFor }
        guard loose.isEmpty || origin.allowsUnverified else {
            throw ProvisionError(
                .untrusted,
                "the PKGBUILD of \(origin.worker) has no strong digest of \(loose.map(\.name.string).joined(separator: ", "))",
                remedy: "give sha256sums, sha512sums or b2sums, or allow it with --allow-unverified")
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
                .configuration, "the PKGBUILD of \(origin.worker) names the file \(path), which is not beside it")
        }
        do {
            try FileManager.default.copyItem(atPath: links, toPath: target.string)
        } catch {
            throw ProvisionError(mapping: error, otherwise: .io(errno: 0))
        }
    }

    private func commit(_ text: String, _ source: PackageSource) async throws(ProvisionError) -> WorkerSource {
        let (match, resolution) = try await origin.resolve(text, with: pipeline, for: job)
        let folder = package.sources.appending(source.name.string)
        let fetched = try await pipeline.fetchCommit(resolution, from: match, into: folder, for: origin.job(job))
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
        try await origin.check(stem, with: pipeline)
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        let resolution: Resolution
        if source.digest == nil {
            // The vendor would ask the host what it has; whether that host may be asked is seen when it is fetched.
            let file = RemoteFile(path: source.name, size: nil, digest: nil, sources: [RemoteSource(url: stem)])
            resolution = Resolution(
                reference: match.reference, vendor: match.name, kind: .worker, revision: stem,
                payload: .files([file], listing: .exact))
        } else {
            resolution = try await pipeline.resolve(match, known: nil, for: origin.job(job))
        }
        try await pipeline.fetchFile(
            of: pipeline.plan(resolution, of: match, as: origin.plan.item), named: source.name,
            into: package.sources, origins: origin.origins, for: job)
        return WorkerSource(
            name: source.name.string, reference: String(stem.prefix { $0 != "?" }),
            revision: source.sums.first { $0.algorithm.isStrong }.map { "\($0.algorithm.rawValue):\($0.hex)" },
            mirror: nil)
    }
}
