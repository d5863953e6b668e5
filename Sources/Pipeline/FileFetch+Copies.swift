import ArtifactTypes
import ContentStore
import Provisioning
import SystemPackage
import Vendors

/// Step 3: what another place on this machine has is copied, and no request is made for it.
extension FileFetch {
    /// The file from the user's own folders, or from another program's cache; nil where it must be fetched.
    func copy(_ file: WantedFile) async throws -> Pipeline.Fetched? {
        if let path = plan.localPath(of: file.remote) { return try await copy(file.remote, from: path) }
        guard let digest = file.remote.digest else { return nil }
        for candidate in caches.candidates(for: file, job) {
            guard let adopted = try await adopt(candidate, as: digest, for: file.remote) else { continue }
            try await place(adopted.digest, at: file.remote.path)
            job.progress(
                .notice(
                    "\(file.remote.path) is copied from \(candidate.owner), \(candidate.file.string.visiblyEscaped)"))
            job.progress(.fileDone(path: file.remote.path.string, bytes: adopted.size))
            return Pipeline.Fetched()
        }
        return nil
    }

    /// Whether the file takes no room, since it lies where its extents can be shared with.
    func takesNoRoom(_ file: WantedFile) -> Bool {
        if let path = plan.localPath(of: file.remote) { return store.sharesExtents(with: path) }
        return caches.candidates(for: file, job).first.map { store.sharesExtents(with: $0.file) } ?? false
    }

    /// Nil where the other program's file is not what its name says, or is gone meanwhile: then it is fetched.
    private func adopt(
        _ candidate: BlobCaches.Candidate, as digest: Digest, for remote: RemoteFile
    ) async throws(StoreError) -> (digest: Digest, size: Int64)? {
        job.progress(.stage("copying \(remote.path)"))
        do {
            return try await store.adoptBlob(copyOf: candidate.file, expected: digest, progress: told(of: remote))
        } catch {
            switch error.code {
            case .cancelled, .insufficientSpace: throw error
            case .io, .locked, .corrupt, .unsafe:
                job.progress(.notice("passed over the copy in \(candidate.owner): \(error.message)"))
                return nil
            }
        }
    }

    /// Copies a file that the user named. It is the only source there is, so whatever is wrong with it ends the job.
    private func copy(_ remote: RemoteFile, from path: FilePath) async throws -> Pipeline.Fetched {
        if remote.unpack != .none, remote.digest == nil, tree != nil {
            try await unpack(remote, whole: path)
            return Pipeline.Fetched(unverified: true)
        }
        job.progress(.stage("copying \(remote.path)"))
        let copied = try await adopt(path, for: remote)
        guard remote.size == nil || remote.size == copied.size else {
            throw ProvisionError(
                .digestMismatch, "\(path.string.visiblyEscaped) changed while it was copied",
                remedy: "run it again once nothing writes to it")
        }
        if remote.unpack != .none, tree != nil {
            try await unpack(remote, whole: store.blobPath(copied.digest))
        } else {
            try await place(copied.digest, at: remote.path)
            job.progress(.fileDone(path: remote.path.string, bytes: copied.size))
        }
        return Pipeline.Fetched(unverified: remote.digest == nil)
    }

    private func adopt(
        _ path: FilePath, for remote: RemoteFile
    ) async throws(ProvisionError) -> (digest: Digest, size: Int64) {
        do {
            return try await store.adoptBlob(copyOf: path, expected: remote.digest, progress: told(of: remote))
        } catch {
            switch error.code {
            case .corrupt:
                throw ProvisionError(.digestMismatch, error.message, remedy: "check the file and the digest")
            case .io(Errno.noSuchFileOrDirectory.rawValue): throw ProvisionError(.notFound, error.message)
            default: throw ProvisionError(pipeline: error)
            }
        }
    }

    private func told(of remote: RemoteFile) -> @Sendable (Int64) -> Void {
        { [job] done in job.progress(.transfer(path: remote.path.string, received: done, total: remote.size)) }
    }
}

extension Plan {
    /// The module whose references name files of this machine.
    private static let localModule = "local"

    /// The path of a file that the user named. A `file:` URL in the answer of any other vendor is not honoured: it would
    /// let whoever writes the answer read this machine's files.
    func localPath(of file: RemoteFile) -> FilePath? {
        guard match.configuration.module == Self.localModule, let url = file.sources.first?.url else { return nil }
        return FileURL.path(of: url).map { FilePath($0) }
    }
}
