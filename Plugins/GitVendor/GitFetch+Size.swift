import ArtifactTypes
import GitCheckout
import Provisioning
import SystemPackage

/// What the vendor's trust table says of size, applied before anything is written that is not taken. The whole checkout,
/// submodules and all, is measured once more before it is published.
extension GitFetch {
    /// In bytes; nil for any size.
    private var maximumSize: Int64? { provisioner.configuration.trust.maximumSize }

    /// - Throws: `.tooLarge`, beside what a checkout throws.
    func checkOut(_ repository: GitRepository) async throws(GitError) -> GitCheckout {
        do {
            return try await repository.checkout(payload.commit, into: root, upTo: maximumSize)
        } catch  where error.code == .tooLarge {
            throw tooLarge ?? error
        }
    }

    /// - Throws: `.tooLarge` where what has arrived of one commit is more than its files can be.
    func checkSize(ofPack size: Int64) throws(GitError) {
        guard let maximumSize else { return }
        // A pack is shorter than its files, but for the listings of folders and what cannot be compressed.
        let (limit, overflow) = maximumSize.addingReportingOverflow(maximumSize / 16 + 1 << 20)
        if !overflow, size > limit, let tooLarge { throw tooLarge }
    }

    /// - Throws: `.tooLarge` for more than is taken.
    func checkSize(of files: [GitLargeFile]) throws(GitError) {
        guard let maximumSize else { return }
        let size = files.reduce(Int64(0)) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(file.size)
            return overflow ? .max : next
        }
        if size > maximumSize, let tooLarge { throw tooLarge }
    }

    /// Nil where any size is taken.
    private var tooLarge: GitError? {
        provisioner.configuration.refusal(of: reference, becauseMoreThanAllowed: "checked out").map { refusal in
            GitError(.tooLarge, refusal.message, remedy: refusal.remedy)
        }
    }
}
