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

    /// A file of the web, and who has it.
    private struct Found {
        let match: VendorRegistry.Match
        let resolution: Resolution
    }

    /// - Returns: what came from elsewhere than the checkout.
    func fetch(_ sources: [PackageSource]) async throws(ProvisionError) -> [WorkerSource] {
        let beside = try await lookBeside(sources)
        var fetched: [WorkerSource] = []
        for source in sources {
            job.progress(.stage("source \(source.name)"))
            var vendor: VendorRegistry.Match?
            switch source.place {
            case .git(let text): fetched.append(try await commit(text, source))
            case .file(let url):
                let found: Found
                if let known = beside[source.name] { found = known } else { found = try await find(url, source) }
                fetched.append(try await file(url, source, found))
                vendor = found.match
            case .local(let path): try copy(path, source)
            }
            if case .git = source.place { continue }
            do {
                try await package.check(package.sources.appending(source.name.string), of: source)
            } catch {
                throw ProvisionError(worker: error)
            }
            if source.unpack { try await pipeline.unpack(source.name, in: package.sources, of: vendor) }
        }
        return fetched
    }

    /// A sum that the PKGBUILD does not give may stand beside the file, as for one that is installed by its URL.
    ///
    /// - Returns: the files that it gives no strong sum of, by their names.
    /// - Throws: `.untrusted` where nothing vouches for one of them, unless that is allowed.
    private func lookBeside(_ sources: [PackageSource]) async throws(ProvisionError) -> [RelativePath: Found] {
        var found: [RelativePath: Found] = [:]
        for source in sources where !source.isVouchedFor {
            if case .file(let url) = source.place { found[source.name] = try await find(url, source) }
        }
        let loose = found.filter { !$1.resolution.files.allSatisfy(\.isVouchedFor) }.map(\.key.string).sorted()
        guard loose.isEmpty || origin.allowsUnverified else {
            throw ProvisionError(
                .untrusted,
                "the PKGBUILD of \(origin.worker) has no strong digest of \(loose.joined(separator: ", ")), and none "
                    + "stands beside it",
                remedy: "give sha256sums, sha512sums or b2sums, or allow it with --allow-unverified")
        }
        return found
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

    /// What there is at a URL, by its digest, else by what its vendor says.
    private func find(_ url: String, _ source: PackageSource) async throws(ProvisionError) -> Found {
        let stem = stem(of: url)
        let reference: ArtifactReference
        do {
            reference = try ArtifactReference(
                parsing: stem + (source.digest.map { "#\($0.algorithm.rawValue)=\($0.hex)" } ?? ""))
        } catch {
            throw ProvisionError(mapping: error)
        }
        try await origin.check(stem, with: pipeline)
        let match = try pipeline.registry.vendor(for: reference, kind: .worker)
        do throws(ProvisionError) {
            if source.digest != nil || !source.isVouchedFor {
                let resolution = try await pipeline.resolve(match, known: nil, for: origin.job(job))
                return Found(match: match, resolution: resolution)
            }
        } catch {
            // A server that says nothing by which to tell its file from another one.
            guard error.code == .unsupported, origin.allowsUnverified else { throw error }
        }
        let file = RemoteFile(path: source.name, size: nil, digest: nil, sources: [RemoteSource(url: stem)])
        return Found(
            match: match,
            resolution: Resolution(
                reference: match.reference, vendor: match.name, kind: .worker, revision: stem,
                payload: .files([file], listing: .exact)))
    }

    private func file(
        _ url: String, _ source: PackageSource, _ found: Found
    ) async throws(ProvisionError) -> WorkerSource {
        try await pipeline.fetchFile(
            of: pipeline.plan(found.resolution, of: found.match, as: origin.plan.item), named: source.name,
            into: package.sources, origins: origin.origins, for: job)
        let sum = source.sums.first { $0.algorithm.isStrong }.map { "\($0.algorithm.rawValue):\($0.hex)" }
        let isVouchedFor = found.resolution.files.allSatisfy(\.isVouchedFor)
        return WorkerSource(
            name: source.name.string, reference: stem(of: url).withoutQuery,
            revision: sum ?? (isVouchedFor ? found.resolution.revision : nil), mirror: nil)
    }

    private func stem(of url: String) -> String { String(url.prefix { $0 != "#" }) }
}
