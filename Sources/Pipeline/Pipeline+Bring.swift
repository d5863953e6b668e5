import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Vendors

/// Files that come by their vendor's own transport: it fills a folder that is thrown away, and what is in it is believed
/// no more than what a server sends.
extension Pipeline {
    /// Has the vendor bring files that no URL leads to, and takes them into the store and the tree.
    ///
    /// - Parameter tree: nil where the blobs alone are wanted.
    func bring(
        _ files: [WantedFile], of plan: Plan, into tree: StagedTree?, for job: ProvisionJob
    ) async throws -> Fetched {
        guard let first = files.first else { return Fetched() }
        if job.offline {
            throw ProvisionError(
                .offline, "\(first.remote.path) of \(plan.item.id) is not stored",
                remedy: "run it without --offline and HF_HUB_OFFLINE")
        }
        guard let vendor = plan.match.provisioner as? any FetchingProvisioner,
            case .files(_, let listing) = plan.resolution.payload
        else {
            throw ProvisionError(.unsupported, "vendor \(plan.match.name) lists no URL of \(first.remote.path)")
        }
        var wanted = plan.resolution
        wanted.payload = .files(files.map(\.remote), listing: listing)
        return try await store.withTree(job: job.id + "-fetch") { [wanted] folder in
            _ = try await vendor.fetch(wanted, into: StagingArea(root: folder.root), in: job.context(known: nil))
            do {
                try await check(folder, holds: files)
                return try await take(files, from: folder, into: tree, for: job)
            } catch {
                throw ProvisionError(pipeline: error).of(plan.subject)
            }
        }
    }

    private func check(_ folder: StagedTree, holds files: [WantedFile]) async throws {
        let found = Set(try await folder.plainFiles())
        let listed = Set(files.map(\.remote.path))
        if let stray = found.subtracting(listed).min() {
            throw ProvisionError(.unsafeContent, "it left \(stray), which it did not list")
        }
        if let absent = listed.subtracting(found).min() {
            throw ProvisionError(.digestMismatch, "it did not bring \(absent)")
        }
    }

    private func take(
        _ files: [WantedFile], from folder: StagedTree, into tree: StagedTree?, for job: ProvisionJob
    ) async throws -> Fetched {
        var fetched = Fetched()
        for file in files {
            let remote = file.remote
            job.progress(.stage("hashing \(remote.path)"))
            let kept = try await keep(file, at: folder.path(remote.path))
            try await tree?.link(blob: kept.digest, at: remote.path)
            job.progress(.fileDone(path: remote.path.string, bytes: kept.size))
            fetched.unverified = fetched.unverified || remote.digest == nil
        }
        return fetched
    }

    private func keep(
        _ file: WantedFile, at path: FilePath
    ) async throws(ProvisionError) -> (digest: Digest, size: Int64) {
        do {
            // A digest seen at this revision binds, as for what a server sends.
            return try await store.adoptBlob(
                moving: path, expected: file.remote.digest ?? file.seen, size: file.remote.size)
        } catch {
            guard error.code == .corrupt else { throw ProvisionError(pipeline: error) }
            throw ProvisionError(
                .digestMismatch, "\(file.remote.path) is not what it promised",
                remedy: "nothing was kept of it; tell whoever makes that vendor")
        }
    }
}
