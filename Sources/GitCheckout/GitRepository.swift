import CGit2
public import SystemPackage

/// A repository on this machine's disk. It is opened on first use and works on a queue of its own.
public actor GitRepository {
    /// Who it belongs to.
    enum Keeping: Sendable {
        /// Ours: a bare repository without refs, made where there is none.
        case kept
        /// The user's: read, never written.
        case inPlace
    }

    public nonisolated let path: FilePath
    let keeping: Keeping
    private nonisolated let queue = GitQueue()
    private var opened: GitHandle?
    var writer: PackWriter?

    private init(path: FilePath, keeping: Keeping) {
        self.path = path
        self.keeping = keeping
    }

    /// The mirror that we keep in `folder`, whose lock the caller holds.
    public static func kept(in folder: FilePath) -> GitRepository {
        GitRepository(path: folder, keeping: .kept)
    }

    /// A repository of the user's, bare or with a work tree, to read refs and objects from where it lies.
    public static func inPlace(at path: FilePath) -> GitRepository {
        GitRepository(path: path, keeping: .inPlace)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    func handle() throws(GitError) -> GitHandle {
        if let opened { return opened }
        try LibGit2.start()
        let handle = try open()
        opened = handle
        return handle
    }

    private func open() throws(GitError) -> GitHandle {
        let name = path.string
        do throws(GitError) {
            return try GitHandle(
                "cannot open the git repository \(name)", missing: .notFound, otherwise: .corrupt,
                freedBy: git_repository_free
            ) { git_repository_open_ext(&$0, name, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil) }
        } catch  where error.code == .notFound && keeping == .kept {
            return try GitHandle(
                "cannot make a git repository in \(name)", otherwise: .corrupt, freedBy: git_repository_free
            ) { git_repository_init(&$0, name, 1) }
        } catch  where error.code == .untrusted {
            throw GitError(
                .untrusted, "\(name) belongs to another user",
                remedy: "if you trust it: git config --global --add safe.directory \(name)")
        }
    }

    /// Forgets the open handle, so that what the disk holds is read anew.
    func close() {
        writer = nil
        opened = nil
    }
}

extension GitRepository {
    /// The commit that `id` is or, for an annotated tag, points at, and that commit's tree.
    /// - Throws: `.revisionNotFound` where the object is not here or is no commit.
    public func commit(_ id: String) throws(GitError) -> (commit: String, tree: String) {
        let repository = try handle()
        var oid = try git_oid(hex: id)
        let object = try GitHandle(
            "commit \(id) is not in \(path.string)", missing: .revisionNotFound, freedBy: git_object_free
        ) { git_object_lookup(&$0, repository.pointer, &oid, GIT_OBJECT_ANY) }
        let commit = try GitHandle(
            "\(id) is not a commit", missing: .revisionNotFound, otherwise: .revisionNotFound, freedBy: git_object_free
        ) { git_object_peel(&$0, object.pointer, GIT_OBJECT_COMMIT) }
        let tree = try GitHandle("commit \(id) has no tree", freedBy: git_object_free) {
            git_object_peel(&$0, commit.pointer, GIT_OBJECT_TREE)
        }
        guard let commitID = git_object_id(commit.pointer), let treeID = git_object_id(tree.pointer) else {
            throw GitError(.corrupt, "\(id) has no id")
        }
        return (commitID.pointee.hex, treeID.pointee.hex)
    }

    /// All branches and tags and HEAD, annotated tags peeled; a ref that points at no commit is left out.
    public func references() throws(GitError) -> GitReferences {
        let repository = try handle()
        var names = git_strarray()
        try LibGit2.check(
            git_reference_list(&names, repository.pointer), "cannot list the refs of \(path.string)",
            otherwise: .corrupt)
        defer { git_strarray_dispose(&names) }
        var references = GitReferences()
        for index in 0..<names.count {
            guard let name = names.strings[index].map({ String(cString: $0) }) else { continue }
            if name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/"), let found = reference(name, repository) {
                references.all.append(found)
            }
        }
        if let head = reference("HEAD", repository) { references.all.append(head) }
        return references
    }

    private func reference(_ name: String, _ repository: GitHandle) -> GitReferences.Reference? {
        var found: OpaquePointer?
        guard git_reference_lookup(&found, repository.pointer, name) == 0, let found else { return nil }
        defer { git_reference_free(found) }
        var commit: OpaquePointer?
        guard git_reference_peel(&commit, found, GIT_OBJECT_COMMIT) == 0, let commit else { return nil }
        defer { git_object_free(commit) }
        guard let id = git_object_id(commit) else { return nil }
        return GitReferences.Reference(
            name: name, commit: id.pointee.hex,
            target: git_reference_symbolic_target(found).map { String(cString: $0) })
    }
}
