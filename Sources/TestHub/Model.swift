import Crypto
import FoundationEssentials
import Glibc
import SystemPackage

/// A model as the hub keeps it: commits by id, and branches and tags that point at them.
struct Model: Sendable {
    let id: String
    var traits: ModelTraits
    /// Pull requests among them, as `refs/pr/3`.
    var branches: [String: String] = [:]
    var tags: [String: String] = [:]
    var commits: [String: [ListedFile]] = [:]

    /// The commit of a branch or tag, or of a commit's own id.
    func commit(_ revision: String) -> String? {
        branches[revision] ?? tags[revision] ?? (commits[revision] != nil ? revision : nil)
    }

    /// The revision that a path begins with, and the rest: one component, or a pull request's three.
    func revision(leading components: ArraySlice<String>) -> (revision: String, rest: [String]) {
        let length = components.starts(with: ["refs", "pr"]) ? 3 : 1
        return (components.prefix(length).joined(separator: "/"), Array(components.dropFirst(length)))
    }
}

/// A file of a commit, with what the tree says of it.
struct ListedFile: Sendable {
    let path: String
    let body: TestBody
    /// The id of the blob in git: the file's own or, with LFS, its pointer's.
    let oid: String
    let size: Int64
    /// The sha256 of a file that LFS keeps, as the tree claims it.
    let sha256: String?
    /// The sha256 of what the file really holds.
    let contentSHA256: String
    let pointerSize: Int

    init(_ file: TestFile) throws(TestHubError) {
        path = file.path
        body = file.body
        size = file.claimedSize ?? file.body.size
        let digest = try TestHub.sha256(of: file.body)
        contentSHA256 = digest
        if file.isKeptByLFS {
            sha256 = file.claimedDigest ?? digest
            let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest)\nsize \(file.body.size)\n"
            pointerSize = pointer.utf8.count
            oid = try gitBlobID(of: .bytes(Array(pointer.utf8)))
        } else {
            sha256 = nil
            pointerSize = 0
            oid = try gitBlobID(of: file.body)
        }
    }

    /// The strong validator that both origins give.
    var etag: String { sha256 ?? oid }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
        text += String(byte >> 4, radix: 16)
        text += String(byte & 15, radix: 16)
    }
    return text
}

/// The id that git gives a blob: SHA-1 over `blob SIZE\0` and the content.
func gitBlobID(of body: TestBody) throws(TestHubError) -> String {
    var hash = Insecure.SHA1()
    hash.update(data: Array("blob \(body.size)\0".utf8))
    try body.forEachPiece { hash.update(bufferPointer: $0) }
    return hexadecimal(hash.finalize())
}

/// A commit id that depends on the model's name and files alone.
func commitID(_ id: String, _ files: [ListedFile]) -> String {
    var hash = Insecure.SHA1()
    hash.update(data: Array(id.utf8))
    for file in files { hash.update(data: Array("\0\(file.path)\0\(file.etag)\0\(file.size)".utf8)) }
    return hexadecimal(hash.finalize())
}

extension TestHub {
    /// The sha256 of a body in lower-case hexadecimal digits.
    public static func sha256(of body: TestBody) throws(TestHubError) -> String {
        var hash = SHA256()
        try body.forEachPiece { hash.update(bufferPointer: $0) }
        return hexadecimal(hash.finalize())
    }
}

extension TestBody {
    /// All bytes in order, a piece at a time.
    func forEachPiece(_ take: (UnsafeRawBufferPointer) -> Void) throws(TestHubError) {
        switch self {
        case .bytes(let bytes):
            bytes.withUnsafeBytes(take)
        case .synthetic(let source):
            var offset: Int64 = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
            defer { buffer.deallocate() }
            while offset < source.size {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(Int64(buffer.count), source.size - offset))])
                source.fill(part, from: offset)
                take(UnsafeRawBufferPointer(part))
                offset += Int64(part.count)
            }
        case .file(let path, let size):
            do {
                let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
                defer { Glibc.close(file.rawValue) }
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                defer { buffer.deallocate() }
                var left = size
                while left > 0 {
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), left))])
                    let count = try file.read(into: part)
                    if count == 0 { throw TestHubError("\(path) is shorter than it was") }
                    take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(part)[..<count]))
                    left -= Int64(count)
                }
            } catch let error as TestHubError {
                throw error
            } catch {
                throw TestHubError("cannot read \(path)", errno: error as? Errno)
            }
        }
    }
}
