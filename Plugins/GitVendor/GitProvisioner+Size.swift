import ArtifactTypes
import GitCheckout
import SystemPackage

/// What the vendor's trust table says of size, applied before anything is written that is not taken. The whole checkout,
/// submodules and all, is measured once more before it is published.
extension GitProvisioner {
    /// - Throws: `.tooLarge`, beside what a checkout throws.
    func checkOut(
        _ commit: String, of repository: GitRepository, into folder: FilePath
    ) async throws(GitError) -> GitCheckout {
        do {
            return try await repository.checkout(commit, into: folder, upTo: maximumSize)
        } catch  where error.code == .tooLarge && maximumSize != nil {
            throw tooLarge(error.message)
        }
    }

    /// - Throws: `.tooLarge` where what has arrived of one commit is more than its files can be.
    func checkSize(ofPack size: Int64) throws(GitError) {
        guard let maximumSize else { return }
        // A pack is shorter than its files, but for the listings of folders and what cannot be compressed.
        let (limit, overflow) = maximumSize.addingReportingOverflow(maximumSize / 16 + 1 << 20)
        if !overflow, size > limit { throw tooLarge("its pack is longer than that") }
    }

    /// - Throws: `.tooLarge` for more than is taken.
    func checkSize(of files: [GitLargeFile]) throws(GitError) {
        guard let maximumSize else { return }
        let size = files.reduce(Int64(0)) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(file.size)
            return overflow ? .max : next
        }
        if size > maximumSize { throw tooLarge("its large files are \(ByteCount(size))") }
    }

    private func tooLarge(_ finding: String) -> GitError {
        GitError(
            .tooLarge, "vendor \(name) is trusted for max-size \(ByteCount(maximumSize ?? 0)), and \(finding)",
            remedy: "change max-size in its vendors.d file if it shall be taken")
    }
}
