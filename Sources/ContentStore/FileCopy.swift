import ArtifactTypes
import CSystemCalls
import SystemPackage

import enum Crypto.Insecure
import struct Crypto.SHA256
import struct Crypto.SHA512

/// SHA-256 of a content, and beside it the digest that was promised, where that is of another algorithm.
struct ContentHasher {
    private var sha256 = SHA256()
    private var sha512: SHA512?
    private var git: Insecure.SHA1?

    /// `size` is the content's, which git's object ids begin with.
    init(also algorithm: Digest.Algorithm? = nil, size: Int64) {
        switch algorithm {
        case .sha512: sha512 = SHA512()
        case .gitSHA1:
            var hash = Insecure.SHA1()
            hash.update(data: Array("blob \(size)\0".utf8))
            git = hash
        case .sha256, nil: break
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256.update(bufferPointer: bytes)
        sha512?.update(bufferPointer: bytes)
        git?.update(bufferPointer: bytes)
    }

    /// The SHA-256, and all digests that were computed.
    func finish() -> (sha256: Digest?, all: [Digest]) {
        let main = Digest(.sha256, bytes: sha256.finalize())
        let others = [
            sha512.flatMap { Digest(.sha512, bytes: $0.finalize()) },
            git.flatMap { Digest(.gitSHA1, bytes: $0.finalize()) },
        ]
        return (main, ([main] + others).compactMap(\.self))
    }
}

extension FileSystem {
    /// 1 MiB: fewer calls bring nothing more, and a hash of so much takes half a millisecond.
    private static let chunk = 1 << 20

    /// The SHA-256 and size of an open file's content from its present offset on. `onBytes` is told of each chunk.
    static func hash(
        _ file: FileDescriptor, _ path: FilePath, cancellation: Cancellation? = nil, onBytes: (Int) -> Void = { _ in }
    ) throws(StoreError) -> (digest: Digest, size: Int64) {
        var hasher = ContentHasher(size: 0)
        let size = try transfer(from: file, path, hasher: &hasher, cancellation: cancellation, onBytes: onBytes)
        guard let digest = hasher.finish().sha256 else { throw StoreError(.corrupt, "cannot hash \(path.visible)") }
        return (digest, size)
    }

    /// The SHA-256 of an open file of `size` bytes.
    ///
    /// - Throws: `corrupt` where it has not the expected digest, which may be of another algorithm.
    static func hash(
        _ file: FileDescriptor, _ path: FilePath, expected: Digest?, _ size: Int64, _ cancellation: Cancellation
    ) throws(StoreError) -> Digest {
        var hasher = ContentHasher(also: expected?.algorithm, size: size)
        _ = try transfer(from: file, path, hasher: &hasher, cancellation: cancellation)
        let (sha256, digests) = hasher.finish()
        guard let sha256, expected.map(digests.contains) ?? true else {
            throw StoreError(.corrupt, "\(path.visible) is not what was promised: \(expected.map(String.init) ?? "")")
        }
        return sha256
    }

    /// Copies a file's content into an empty one, sharing its extents where the file system can, and hashes it.
    static func copy(
        from source: FileDescriptor, _ sourcePath: FilePath, to target: FileDescriptor, _ targetPath: FilePath,
        hasher: inout ContentHasher, cancellation: Cancellation?,
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> Int64 {
        var done: Int64 = 0
        let onBytes = { (count: Int) in
            done += Int64(count)
            progress(done)
        }
        if csystem_clone(source.rawValue, target.rawValue) == 0 {
            // What was cloned is hashed, not the source, which may change meanwhile.
            return try transfer(
                from: target, targetPath, hasher: &hasher, cancellation: cancellation, onBytes: onBytes)
        }
        return try transfer(
            from: source, sourcePath, to: target, targetPath, hasher: &hasher, cancellation: cancellation,
            onBytes: onBytes)
    }

    private static func transfer(
        from source: FileDescriptor, _ path: FilePath, to target: FileDescriptor? = nil, _ targetPath: FilePath = "",
        hasher: inout ContentHasher, cancellation: Cancellation?, onBytes: (Int) -> Void = { _ in }
    ) throws(StoreError) -> Int64 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            try cancellation?.check()
            let count = try readChunk(source, into: buffer, path)
            if count == 0 { return size }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bytes)
            if let target { try write(bytes, to: target, targetPath) }
            size += Int64(count)
            onBytes(count)
        }
    }
}
