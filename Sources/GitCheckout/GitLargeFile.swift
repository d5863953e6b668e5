public import ArtifactTypes
import FoundationEssentials
public import SystemPackage

/// A file that a repository keeps beside itself: in its tree stands a pointer (Git LFS, docs/spec.md).
public struct GitLargeFile: Sendable, Hashable {
    public var path: RelativePath
    /// Of the content.
    public var digest: Digest
    public var size: Int64
    public var isExecutable: Bool

    /// A pointer is shorter, and every file is looked at.
    static let longestPointer = 1024

    /// Nil where `bytes` are no pointer, or one with extensions, which change content.
    init?(_ bytes: UnsafeRawBufferPointer, at path: RelativePath, isExecutable: Bool) {
        guard bytes.count < Self.longestPointer, bytes.starts(with: "version ".utf8) else { return nil }
        var values: [Substring: Substring] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { return nil }
            values[words[0]] = words[1]
        }
        guard values.count == 3, values["version"] == "https://git-lfs.github.com/spec/v1",
            let digest = values["oid"].flatMap({ Digest(String($0)) }), digest.algorithm == .sha256,
            let size = values["size"].flatMap({ Int64($0) }), size >= 0
        else { return nil }
        (self.path, self.digest, self.size, self.isExecutable) = (path, digest, size, isExecutable)
    }

    /// Puts the content, which lies in `folder` under its digest, in the pointer's place below `root`.
    public func place(from folder: FilePath, into root: FilePath) throws(GitError) {
        let target = root.appending(path.string)
        do {
            // What stands there is a file of ours: the tree was judged before it was written.
            try FileManager.default.removeItem(atPath: target.string)
            try FileManager.default.copyItem(atPath: folder.appending(digest.hex).string, toPath: target.string)
            try FileManager.default.setAttributes(
                [.posixPermissions: isExecutable ? 0o755 : 0o644], ofItemAtPath: target.string)
        } catch {
            throw GitError(.io(errno: Errno.ioError.rawValue), "cannot write \(path): \(error)")
        }
    }

    /// Whether `folder` has as many bytes under its digest.
    public func isHeld(in folder: FilePath) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder.appending(digest.hex).string)
        return attributes?[.size] as? UInt64 == UInt64(size)
    }
}
