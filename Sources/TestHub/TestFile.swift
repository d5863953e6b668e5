public import SystemPackage

/// A file that a test hub serves.
public struct TestFile: Sendable {
    /// The path as the hub lists it: unchecked, so that hostile ones can be served.
    public var path: String
    public var body: TestBody
    /// Whether the file is kept by LFS (sha256 in the tree, 302 to the CDN); nil decides by name and size as the hub does.
    public var isLFS: Bool?
    /// What the tree says the size is, where that is a lie.
    public var claimedSize: Int64?
    /// What the tree says the LFS digest is, where that is a lie.
    public var claimedDigest: String?

    public init(
        _ path: String, _ body: TestBody, isLFS: Bool? = nil, claimedSize: Int64? = nil, claimedDigest: String? = nil
    ) {
        self.path = path
        self.body = body
        self.isLFS = isLFS
        self.claimedSize = claimedSize
        self.claimedDigest = claimedDigest
    }

    public init(_ path: String, text: String) {
        self.init(path, .bytes(Array(text.utf8)))
    }

    var isKeptByLFS: Bool {
        if let isLFS { return isLFS }
        let suffixes = [".gguf", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".zip", ".gz"]
        // 10 MiB: from there on the hub takes a file through LFS only.
        return suffixes.contains(where: path.hasSuffix) || body.size >= 10 << 20
    }
}

/// The bytes of a file.
public enum TestBody: Sendable, Hashable {
    case bytes([UInt8])
    /// Served with sendfile; the file must not change while the hub runs.
    case file(FilePath, size: Int64)
    /// Made as they are sent; see `SyntheticBytes`.
    case synthetic(SyntheticBytes)

    public var size: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, let size): size
        case .synthetic(let source): source.size
        }
    }

    /// `size` deterministic bytes, made on the fly: a file of any size costs no memory.
    public static func synthetic(size: Int64, seed: UInt64 = 1) -> TestBody {
        .synthetic(SyntheticBytes(size: size, seed: seed))
    }
}
