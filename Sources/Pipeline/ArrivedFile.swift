import ArtifactTypes
import SystemPackage

/// A small file that is whole and verified, and still lies where it was downloaded to.
///
/// A thousand of them are made durable with one wait for the disk. After a crash their partials are found whole, and
/// nothing is fetched again.
struct ArrivedFile: Sendable {
    let path: RelativePath
    let part: FilePath
    let sha256: Digest

    /// In bytes. What is larger is worth a wait of its own: then a later run need not even hash it again.
    static let maximumSize: Int64 = 1 << 20
}
