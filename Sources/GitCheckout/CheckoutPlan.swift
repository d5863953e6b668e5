import ArtifactTypes
import CGit2

/// All of a commit's tree, read and judged before the first file is made.
struct CheckoutPlan {
    struct File {
        let path: RelativePath
        let id: git_oid
        let isExecutable: Bool
    }

    var folders: [RelativePath] = []
    var files: [File] = []
    var links: [(path: RelativePath, target: String)] = []
    /// Commits of other repositories, by the folders that they belong in.
    var submodules: [(path: RelativePath, commit: String)] = []
}

/// How much a checkout may be: a tree of a few kilobytes can name itself a billion times over.
struct CheckoutBounds {
    /// Half a million: Chromium has 400,000.
    var entries = 500_000
    var bytes: UInt64 = 64 << 30
    /// Of one file, which is in memory while it is written. Forges take no more than 100 MiB to 2 GiB.
    var fileBytes: UInt64 = 512 << 20
}

/// Reads the trees of one commit. Nothing in them is trusted: a pack can hold what no git would make.
struct TreeReader {
    private let bounds: CheckoutBounds
    private let repository: GitHandle
    private let database: GitHandle
    private var entries = 0
    private var bytes: UInt64 = 0
    private var plan = CheckoutPlan()

    init(repository: GitHandle, bounds: CheckoutBounds) throws(GitError) {
        self.bounds = bounds
        self.repository = repository
        database = try GitHandle("cannot open the object database", freedBy: git_odb_free) {
            git_repository_odb(&$0, repository.pointer)
        }
    }

    /// - Throws: `.unsafeContent` for a name, link or file that is refused, `.tooLarge`, `.corrupt` where an object is missing.
    mutating func plan(tree: String) throws(GitError) -> CheckoutPlan {
        var pending: [(path: RelativePath?, id: git_oid)] = [(nil, try git_oid(hex: tree))]
        while let (path, id) = pending.popLast() {
            if Task.isCancelled { throw GitError(.cancelled, "cancelled") }
            try read(id, at: path, pending: &pending)
        }
        let targets = Dictionary(uniqueKeysWithValues: plan.links.map { ($0.path.string, $0.target) })
        try LinkPolicy(targets: targets, opaque: Set(plan.submodules.map(\.path.string))).check()
        return plan
    }

    private mutating func read(
        _ id: git_oid, at folder: RelativePath?, pending: inout [(path: RelativePath?, id: git_oid)]
    ) throws(GitError) {
        var id = id
        let tree = try GitHandle("tree \(id.hex) cannot be read", freedBy: git_tree_free) {
            git_tree_lookup(&$0, repository.pointer, &id)
        }
        var seen = Set<String>()
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = git_tree_entry_byindex(tree.pointer, index), let text = git_tree_entry_name(entry),
                let entryID = git_tree_entry_id(entry)?.pointee
            else { throw GitError(.corrupt, "tree \(id.hex) cannot be read") }
            let name = String(cString: text)
            let path = try Self.path(name, in: folder)
            entries += 1
            if entries > bounds.entries {
                throw GitError(.unsafeContent, "the tree has more than \(bounds.entries) entries")
            }
            // Two entries of one name, a link and a folder, are the classic way to write through the link.
            guard seen.insert(name).inserted else { throw GitError(.unsafeContent, "\(path) stands in its tree twice") }
            // Normalized: what old gits wrote (100664) reads as a plain file.
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE:
                plan.folders.append(path)
                pending.append((path, entryID))
            case GIT_FILEMODE_BLOB:
                try count(entryID, path)
                plan.files.append(.init(path: path, id: entryID, isExecutable: false))
            case GIT_FILEMODE_BLOB_EXECUTABLE:
                try count(entryID, path)
                plan.files.append(.init(path: path, id: entryID, isExecutable: true))
            case GIT_FILEMODE_LINK:
                // 4,095: the longest path that the kernel takes.
                if try count(entryID, path) > 4095 { throw GitError(.unsafeContent, "link \(path) is too long") }
                let blob = try Blob(entryID, in: repository)
                plan.links.append((path, String(decoding: blob.bytes, as: UTF8.self)))
            case GIT_FILEMODE_COMMIT:
                plan.folders.append(path)
                plan.submodules.append((path, entryID.hex))
            case let mode:
                throw GitError(
                    .unsafeContent, "\(path) has the mode \(String(mode.rawValue, radix: 8)), which git has not")
            }
        }
    }

    @discardableResult
    private mutating func count(_ id: git_oid, _ path: RelativePath) throws(GitError) -> UInt64 {
        var id = id
        var size = 0
        var type = GIT_OBJECT_ANY
        try LibGit2.check(
            git_odb_read_header(&size, &type, database.pointer, &id), "\(path) is missing from the repository",
            otherwise: .corrupt)
        guard type == GIT_OBJECT_BLOB else { throw GitError(.corrupt, "\(path) is not a file's content") }
        if UInt64(clamping: size) > bounds.fileBytes {
            throw GitError(.unsafeContent, "\(path) is larger than \(bounds.fileBytes >> 20) MiB")
        }
        let (sum, overflow) = bytes.addingReportingOverflow(UInt64(clamping: size))
        if overflow || sum > bounds.bytes {
            throw GitError(.tooLarge, "the tree has more than \(ByteCount(Int64(clamping: bounds.bytes))) of files")
        }
        bytes = sum
        return UInt64(clamping: size)
    }

    private static func path(_ name: String, in folder: RelativePath?) throws(GitError) -> RelativePath {
        if name.contains("/") || isGitFolder(name) {
            throw GitError(.unsafeContent, "the tree has an entry named \(name.visiblyEscaped)")
        }
        do throws(RelativePath.Invalid) {
            let path = try RelativePath(name)
            return try folder?.appending(path) ?? path
        } catch {
            throw GitError(.unsafeContent, error.description)
        }
    }

    /// `.git` as any file system may spell it: in other case, as its short name, with what NTFS ignores at the end.
    private static func isGitFolder(_ name: String) -> Bool {
        let name = name.lowercased().prefix { $0 != ":" }
        let end = name.lastIndex { $0 != "." && $0 != " " }
        let trimmed = end.map { name[...$0] } ?? ""
        return trimmed == ".git" || trimmed == "git~1"
    }
}

/// A file's content, in memory.
final class Blob {
    private let handle: GitHandle

    init(_ id: git_oid, in repository: GitHandle) throws(GitError) {
        var id = id
        handle = try GitHandle("object \(id.hex) cannot be read", freedBy: git_blob_free) {
            git_blob_lookup(&$0, repository.pointer, &id)
        }
    }

    /// Valid as long as this blob is.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: git_blob_rawcontent(handle.pointer), count: Int(clamping: git_blob_rawsize(handle.pointer)))
    }
}
