import ArtifactTypes
import ContentStore
import Provisioning

/// A file that the tree shall hold, and the digest that the store has seen it with, if it has.
struct WantedFile: Sendable {
    var remote: RemoteFile
    let seen: Digest?
    /// False where the file's digest is known from the user alone.
    var isPublished = true

    /// The name of the blob that it would be, where that is known before it is fetched.
    var blob: Digest? {
        guard remote.unpack == .none else { return nil }
        if let digest = remote.digest, digest.algorithm == .sha256 { return digest }
        return seen
    }

    /// Whether no URL leads to it: its vendor has a transport of its own.
    var isBrought: Bool { remote.sources.isEmpty }

    func isHere(in store: ContentStore) -> Bool {
        blob.map { store.hasBlob($0, size: remote.size) } ?? false
    }
}
