public import ArtifactTypes
public import ContentStore
public import Provisioning
import Transfer
import Vendors

extension Pipeline {
    /// Fetches the files at `paths` again, at the revision that `sidecar` records and against the digests in it, and
    /// replaces them in the blobs and in every tree. Where they cannot be had from there any more, other artifacts with
    /// the same content may tell of a place that has it.
    public func repair(
        _ sidecar: Sidecar, _ paths: [RelativePath], for job: ProvisionJob
    ) async throws(ProvisionError) {
        do {
            try await fetchAgain(paths, of: sidecar, for: job)
        } catch {
            if error.code == .cancelled { throw error }
            for path in paths {
                guard try await isMendedElsewhere(path, of: sidecar, for: job) else { throw error }
            }
        }
    }

    /// Whether the content is good again, from where another artifact of its kind has it.
    private func isMendedElsewhere(
        _ path: RelativePath, of sidecar: Sidecar, for job: ProvisionJob
    ) async throws(ProvisionError) -> Bool {
        guard let digest = sidecar.file(at: path).flatMap({ $0.blob ? $0.digest : nil }) else { return false }
        do {
            if try await store.isIntact(digest) {
                try await store.restore(digest)
                return true
            }
            for other in try store.sidecars(sidecar.kind).whole where other.item != sidecar.item {
                guard let same = other.files.first(where: { $0.blob && $0.digest == digest }) else { continue }
                do throws(ProvisionError) {
                    try await fetchAgain([same.path], of: other, for: job)
                    job.progress(.notice("\(path) of \(sidecar.id) is mended with \(same.path) of \(other.id)"))
                    return true
                } catch {
                    if error.code == .cancelled { throw error }
                }
            }
            return false
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    private func fetchAgain(
        _ paths: [RelativePath], of sidecar: Sidecar, for job: ProvisionJob
    ) async throws(ProvisionError) {
        let item = StoreItem(kind: sidecar.kind, id: sidecar.id)
        guard let resolution = try? sidecar.resolution.decoded(as: Resolution.self) else {
            throw ProvisionError(
                .unsupported, "artifact.json of \(item.id) does not say where it came from",
                remedy: "download it again with --force")
        }
        var match = try registry.vendor(for: resolution.reference, kind: sidecar.kind)
        match.reference = match.provisioner.pinned(match.reference, at: resolution.revision)
        let again = try await resolve(match, known: nil, for: job)
        guard again.revision == resolution.revision else {
            throw ProvisionError(
                .revisionNotFound, "\(item.id) was published at \(resolution.revision), which its vendor has no more",
                remedy: "download it again with --force")
        }
        let plan = Plan(match: match, resolution: again, item: item)
        do {
            let waiting = Waiting("works on \(item.id)", job)
            try await store.withLock(.item(item), deadline: Self.lockDeadline, onWait: { waiting.tell($0) }) {
                for path in paths { try await repair(path, of: sidecar, plan: plan, for: job) }
            }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    private func repair(_ path: RelativePath, of sidecar: Sidecar, plan: Plan, for job: ProvisionJob) async throws {
        guard
            let file = sidecar.files.first(where: { $0.path == path }), file.blob,
            var remote = plan.resolution.files.first(where: { $0.path == path })
        else {
            throw ProvisionError(
                .unsupported, "\(path) of \(sidecar.id) was unpacked from an archive and cannot be fetched alone",
                remedy: "download it again with --force")
        }
        remote.digest = file.digest
        remote.size = file.size
        // Two files of one content are good again after the first.
        if try await !store.isIntact(file.digest) {
            try store.discardBlob(file.digest)
            let wanted = WantedFile(remote: remote, seen: nil)
            if wanted.isBrought {
                _ = try await bring([wanted], of: plan, into: nil, for: job)
            } else {
                _ = try await fileFetch(of: plan, into: nil, for: job).runAlone(wanted)
            }
        }
        try await store.restore(file.digest)
    }
}
