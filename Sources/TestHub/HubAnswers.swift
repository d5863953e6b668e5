/// What `/api/models/ID/revision/REV` says.
struct ModelInfo: Encodable {
    struct Sibling: Encodable { let rfilename: String }
    struct Card: Encodable { let license: String? }
    enum Gated: Encodable {
        case no
        case by(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .no: try container.encode(false)
            case .by(let name): try container.encode(name)
            }
        }
    }

    let id: String
    let modelId: String
    let sha: String
    let `private`: Bool
    let gated: Gated
    let tags: [String]
    let cardData: Card
    let siblings: [Sibling]

    init(_ model: Model, commit: String, files: [ListedFile]) {
        id = model.id
        modelId = model.id
        sha = commit
        `private` = model.traits.isPrivate
        gated = model.traits.gate.map { .by($0.rawValue) } ?? .no
        tags = model.traits.tags + (model.traits.license.map { ["license:\($0)"] } ?? [])
        cardData = Card(license: model.traits.license)
        siblings = files.map { Sibling(rfilename: $0.path) }
    }
}

/// One entry of `/api/models/ID/tree/REV`.
struct TreeEntry: Encodable {
    struct LFS: Encodable {
        let oid: String
        let size: Int64
        let pointerSize: Int
    }

    let type: String
    let oid: String
    let size: Int64
    let path: String
    let lfs: LFS?
    /// The hash by which Xet keeps a large file; the real one is no sha256, and looks like one.
    let xetHash: String?

    /// The files below `folder` and the folders that they lie in, in the order of their paths.
    static func all(of files: [ListedFile], in folder: String, isRecursive: Bool) -> [TreeEntry] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        var folders = Set<String>()
        var entries: [TreeEntry] = []
        for file in files where file.path.hasPrefix(prefix) {
            let parts = file.path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
            for depth in 1..<max(1, parts.count) {
                let path = prefix + parts[..<depth].joined(separator: "/")
                if !path.isEmpty, isRecursive || depth == 1, folders.insert(path).inserted {
                    let oid = String(repeating: "0", count: 40)
                    entries.append(
                        TreeEntry(type: "directory", oid: oid, size: 0, path: path, lfs: nil, xetHash: nil))
                }
            }
            guard isRecursive || parts.count == 1 else { continue }
            let lfs = file.sha256.map { LFS(oid: $0, size: file.size, pointerSize: file.pointerSize) }
            entries.append(
                TreeEntry(
                    type: "file", oid: file.oid, size: file.size, path: file.path, lfs: lfs,
                    xetHash: lfs?.oid.reversedHash))
        }
        return entries.sorted { $0.path < $1.path }
    }
}

/// What `/api/models/ID/refs` says.
struct ReferenceList: Encodable {
    struct Item: Encodable {
        let name: String
        let ref: String
        let targetCommit: String
    }

    let branches: [Item]
    let tags: [Item]
    let pullRequests: [Item]
    let converts: [Item]

    init(_ model: Model) {
        let isPullRequest = { (name: String) in name.hasPrefix("refs/pr/") }
        let sorted = model.branches.sorted { $0.key < $1.key }
        branches = sorted.filter { !isPullRequest($0.key) }.map { name, commit in
            Item(name: name, ref: "refs/heads/\(name)", targetCommit: commit)
        }
        pullRequests = sorted.filter { isPullRequest($0.key) }.map { name, commit in
            Item(name: String(name.dropFirst("refs/".count)), ref: name, targetCommit: commit)
        }
        tags = model.tags.sorted { $0.key < $1.key }.map { name, commit in
            Item(name: name, ref: "refs/tags/\(name)", targetCommit: commit)
        }
        converts = []
    }
}

extension String {
    /// Another 64 digits for the same content.
    var reversedHash: String { String(reversed()) }
}
