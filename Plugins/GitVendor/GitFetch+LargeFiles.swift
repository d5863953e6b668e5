import ArtifactTypes
import GitCheckout
import Provisioning
import SystemPackage

extension GitFetch {
    /// Puts the content of Git LFS's pointers in their place, from what is kept or from the first source that has it.
    func placeLargeFiles(
        of checkout: GitCheckout, from sources: [GitSource], _ kept: GitRepository?
    ) async throws(ProvisionError) {
        let files = checkout.largeFiles
        if files.isEmpty { return }
        guard let kept else {
            // A repository on this machine may hold them or not; what it is built of should not depend on that.
            context.progress(
                .notice("\(files.count) files of \(payload.url) are left as the pointers of Git LFS that they are"))
            return
        }
        do throws(GitError) {
            try checkSize(of: files)
        } catch {
            throw ProvisionError(error)
        }
        let folder = kept.path.appending("lfs")
        var failures: [ProvisionError] = []
        for source in sources where source.place.scheme != .file {
            do throws(ProvisionError) {
                try await fetch(files, from: source, into: folder)
                failures = []
                break
            } catch {
                if error.stopsSearch { throw error }
                failures.append(error)
            }
        }
        if !failures.isEmpty { throw ProvisionError(failures) }
        do throws(GitError) {
            for file in files { try file.place(from: folder, into: root) }
        } catch {
            throw ProvisionError(error)
        }
    }

    private func fetch(
        _ files: [GitLargeFile], from source: GitSource, into folder: FilePath
    ) async throws(ProvisionError) {
        if files.allSatisfy({ $0.isHeld(in: folder) }) { return }
        if context.offline {
            throw ProvisionError(
                .offline, "large files of \(payload.url) are not kept, and nothing may be asked offline")
        }
        let remote = try await provisioner.remote(source)
        let progress = context.progress
        do throws(GitError) {
            try await provisioner.client.fetchLargeFiles(files, of: remote, into: folder) { file, received in
                progress(.transfer(path: file.path.string, received: received, total: file.size))
            }
        } catch {
            throw ProvisionError(error)
        }
    }
}
