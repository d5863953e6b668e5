public import ArtifactTypes

/// `artifact.json`: all that is known of a published tree, beside its files. The catalogs can be rebuilt from it.
///
/// What is read from a disk is as little trusted as what comes from a network: paths, digests and sizes are checked.
public struct Sidecar: Sendable, Hashable, Codable {
    public static let fileName = "artifact.json"
    static let currentVersion = 1

    /// Whether a file of that path would stand in the sidecar's place, on a file system that folds case too.
    public static func isItsName(_ path: RelativePath) -> Bool { path.string.lowercased() == fileName }

    /// Why no tree can hold these paths together; nil where one can.
    public static func objection(to paths: [RelativePath]) -> String? {
        var names = PathSet()
        for path in paths {
            if let objection = names.insert(path) { return objection }
        }
        return nil
    }

    public let version: Int
    public let kind: ArtifactKind
    public let id: String
    public let files: [SidecarFile]
    public let links: [SidecarLink]
    /// The catalog's entry, which the store does not understand.
    public let entry: JSONValue
    /// What the vendor resolved the reference to.
    public let resolution: JSONValue

    public init(
        item: StoreItem, files: [SidecarFile], links: [SidecarLink] = [], entry: JSONValue, resolution: JSONValue
    ) {
        version = Self.currentVersion
        kind = item.kind
        id = item.id
        self.files = files
        self.links = links
        self.entry = entry
        self.resolution = resolution
    }

    public var item: StoreItem { StoreItem(kind: kind, id: id) }
    /// The sum of the files' sizes, in bytes.
    public var size: Int64 { files.reduce(0) { $0.addingReportingOverflow($1.size).partialValue } }

    public func file(at path: RelativePath) -> SidecarFile? {
        files.first { $0.path == path }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(Int.self, forKey: .version)
        guard version == Self.currentVersion else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "version \(version) is not known")
        }
        kind = try container.decode(ArtifactKind.self, forKey: .kind)
        id = try container.decode(String.self, forKey: .id)
        files = try container.decode([SidecarFile].self, forKey: .files)
        links = try container.decodeIfPresent([SidecarLink].self, forKey: .links) ?? []
        entry = try container.decode(JSONValue.self, forKey: .entry)
        resolution = try container.decode(JSONValue.self, forKey: .resolution)
        if let objection = Self.objection(to: files.map(\.path) + links.map(\.path)) {
            throw DecodingError.dataCorruptedError(forKey: .files, in: container, debugDescription: objection)
        }
    }
}

/// One regular file of a tree.
public struct SidecarFile: Sendable, Hashable, Codable {
    public let path: RelativePath
    /// In bytes.
    public let size: Int64
    /// SHA-256.
    public let digest: Digest
    /// True where the content is a blob of the store too; false for what exists in this tree alone.
    public let blob: Bool
    public let executable: Bool

    public init(path: RelativePath, size: Int64, digest: Digest, blob: Bool, executable: Bool = false) {
        self.path = path
        self.size = size
        self.digest = digest
        self.blob = blob
        self.executable = executable
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        path = try container.decode(RelativePath.self, forKey: .path)
        size = try container.decode(Int64.self, forKey: .size)
        digest = try container.decode(Digest.self, forKey: .digest)
        blob = try container.decode(Bool.self, forKey: .blob)
        executable = try container.decodeIfPresent(Bool.self, forKey: .executable) ?? false
        guard size >= 0, digest.algorithm == .sha256 else {
            throw DecodingError.dataCorruptedError(
                forKey: .digest, in: container, debugDescription: "\(path) has a negative size or another digest")
        }
    }
}

/// One symbolic link of a tree, to something else in the same tree.
public struct SidecarLink: Sendable, Hashable, Codable {
    public let path: RelativePath
    public let target: String

    public init(path: RelativePath, target: String) {
        self.path = path
        self.target = target
    }
}

/// The paths of one tree. No two may be one on a file system that folds case or Unicode forms, and none may be both
/// a file and another's folder.
struct PathSet: Sendable {
    // Swift compares strings by canonical equivalence, so that NFC and NFD spellings are equal here already.
    private var leaves: Set<String> = []
    private var folders: Set<String> = []

    /// Nil once `path` is in the set; else why it may not be.
    mutating func insert(_ path: RelativePath) -> String? {
        let folded = path.string.lowercased()
        if Sidecar.isItsName(path) { return "\(path) is the store's own name" }
        if folders.contains(folded) || leaves.contains(folded) {
            return "\(path) collides with another path that differs in case or form at most"
        }
        var ancestor = path.parent
        while let folder = ancestor {
            let folded = folder.string.lowercased()
            if leaves.contains(folded) { return "\(path) lies below \(folder), which is a file" }
            folders.insert(folded)
            ancestor = folder.parent
        }
        leaves.insert(folded)
        return nil
    }

    mutating func remove(_ path: RelativePath) {
        leaves.remove(path.string.lowercased())
    }
}
