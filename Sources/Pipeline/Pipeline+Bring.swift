import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Vendors

/// Files that come by their vendor's own transport: it fills a folder, and what is in it is believed no more than what a
/// server sends. Where it was cut off, and can go on from there, it gets that folder again.
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
        let (folder, isResumed) = try await store.partialTree(
            named: plan.broughtName, keeps: vendor.resumes && !job.force)
        let fetched: Fetched
        do {
            let staging = StagingArea(root: folder.root, isResumed: isResumed)
            _ = try await vendor.fetch(wanted, into: staging, in: job.context(known: nil))
            try await plan.match.checkSize(of: plan.resolution, in: folder)
            do {
                try await check(folder, holds: files, of: plan)
                fetched = try await take(files, from: folder, into: tree, for: job)
            } catch {
                throw ProvisionError(pipeline: error).of(plan.subject)
            }
        } catch {
            // What is not what it should be is nothing to go on from. The first error is the one to tell.
            let isBad = [.digestMismatch, .unsafeContent, .untrusted].contains(ProvisionError(pipeline: error).code)
            if vendor.resumes, !isBad { folder.leave() } else { try? await folder.discard() }
            throw error
        }
        try await folder.discard()
        return fetched
    }

    /// What an earlier fetch that was cut off has left of a file, for a vendor that goes on from there.
    func bytesLeft(of file: RemoteFile, in plan: Plan) -> Int64 {
        guard let vendor = plan.match.provisioner as? any FetchingProvisioner, vendor.resumes else { return 0 }
        let path = store.partialFolder(named: plan.broughtName).appending(file.path.string)
        return min((try? path.stat(followTargetSymlink: false).size) ?? 0, file.size ?? 0)
    }

    private func check(_ folder: StagedTree, holds files: [WantedFile], of plan: Plan) async throws {
        let found = Set(try await folder.plainFiles())
        // One that is not wanted any more may have been left by an earlier fetch.
        if let stray = found.subtracting(plan.resolution.files.map(\.path)).min() {
            throw ProvisionError(.unsafeContent, "it left \(stray), which it did not list")
        }
        if let absent = Set(files.map(\.remote.path)).subtracting(found).min() {
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
            if remote.size == nil { fetched.unannounced += kept.size }
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

extension Plan {
    /// The name of the partial that a vendor's own transport fills.
    var broughtName: String { "brought \(item.id) at \(resolution.revision)" }
}
