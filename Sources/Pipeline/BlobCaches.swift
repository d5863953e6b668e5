import ArtifactTypes
import Foundation
import Provisioning
public import SystemPackage

/// Where other programs of this machine keep model files by their digest. Their files are read and never changed.
public struct BlobCaches: Sendable, Hashable {
    /// The Hugging Face cache: `models--org--name/blobs/` has a file a content, named by its SHA-256 (LFS) or git id.
    public var huggingFace: FilePath?
    /// Ollama's store: `blobs/sha256-…`.
    public var ollama: FilePath?
    /// The repositories of the Hugging Face cache, once they were listed.
    private var repositories: [FilePath]?

    public init(huggingFace: FilePath? = nil, ollama: FilePath? = nil) {
        self.huggingFace = huggingFace
        self.ollama = ollama
    }

    /// A file that is named after a digest. Nothing has been read of it yet.
    struct Candidate: Sendable, Hashable {
        let file: FilePath
        /// Whose it is, for people.
        let owner: String
    }

    /// The same with the Hugging Face cache listed: many files are looked for in one listing.
    func listed() -> BlobCaches {
        var listed = self
        listed.repositories = listRepositories()
        return listed
    }

    private func listRepositories() -> [FilePath] {
        // A machine without that cache is the usual case.
        guard let huggingFace, let folders = try? FileManager.default.contentsOfDirectory(atPath: huggingFace.string)
        else { return [] }
        return folders.filter { $0.hasPrefix("models--") }.sorted().map { huggingFace.appending($0) }
    }

    /// The files that say of themselves that they have `digest`, of the right size where that is known.
    func candidates(for digest: Digest, size: Int64?) -> [Candidate] {
        (huggingFaceFiles(digest) + ollamaFiles(digest)).filter { candidate in
            guard let status = try? candidate.file.stat(followTargetSymlink: true), status.type == .regular else {
                return false
            }
            return size == nil || status.size == size
        }
    }

    /// Those for a file that a job wants; none where the user wants it fetched.
    func candidates(for file: WantedFile, _ job: ProvisionJob) -> [Candidate] {
        guard !job.force, let digest = file.remote.digest, file.remote.unpack == .none else { return [] }
        return candidates(for: digest, size: file.remote.size)
    }

    private func huggingFaceFiles(_ digest: Digest) -> [Candidate] {
        // SHA-256 for LFS files and the git id for the others; nothing there is named by SHA-512.
        guard digest.algorithm != .sha512 else { return [] }
        return (repositories ?? listRepositories()).map { repository in
            Candidate(file: repository.appending("blobs/\(digest.hex)"), owner: "the Hugging Face cache")
        }
    }

    private func ollamaFiles(_ digest: Digest) -> [Candidate] {
        guard let ollama, digest.algorithm == .sha256 else { return [] }
        return [Candidate(file: ollama.appending("blobs/sha256-\(digest.hex)"), owner: "Ollama's store")]
    }
}
