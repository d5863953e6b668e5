import ArtifactTypes
import Crypto

/// SHA-256 of a content, and the digest that was published where that is another.
struct ContentHash {
    private var sha256 = SHA256()
    private var sha512: SHA512?
    private var gitSHA1: Insecure.SHA1?

    /// - Parameter size: of the whole content; git's id begins with it, and is left out where it is not known.
    init(for algorithm: ArtifactTypes.Digest.Algorithm?, size: Int64?) {
        switch algorithm {
        case .sha512: sha512 = SHA512()
        case .gitSHA1:
            guard let size else { break }
            var hash = Insecure.SHA1()
            hash.update(data: Array("blob \(size)\0".utf8))
            gitSHA1 = hash
        case .sha256, nil: break
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256.update(bufferPointer: bytes)
        sha512?.update(bufferPointer: bytes)
        gitSHA1?.update(bufferPointer: bytes)
    }

    func digests() throws(TransferError) -> ContentDigests {
        guard let first = ArtifactTypes.Digest(.sha256, bytes: sha256.finalize()) else {
            throw TransferError(.unsupported, "this sha-256 is not 32 bytes long")
        }
        let other =
            sha512.flatMap { ArtifactTypes.Digest(.sha512, bytes: $0.finalize()) }
            ?? gitSHA1.flatMap { ArtifactTypes.Digest(.gitSHA1, bytes: $0.finalize()) }
        return ContentDigests(sha256: first, other: other)
    }
}

struct ContentDigests: Sendable, Hashable {
    var sha256: ArtifactTypes.Digest
    var other: ArtifactTypes.Digest?

    func matches(_ digest: ArtifactTypes.Digest) -> Bool {
        digest == sha256 || digest == other
    }
}
