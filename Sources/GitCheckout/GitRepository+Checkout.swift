public import ArtifactTypes
import CGit2
import Glibc
public import SystemPackage

/// What a checkout brought.
public struct GitCheckout: Sendable, Hashable {
    /// The tree's id.
    public var tree: String
    public var files: Int
    /// Commits of other repositories, by the empty folders that were made for them.
    public var submodules: [GitSubmodule]
    /// Files of which the pointer was written; their content is to be had by `GitClient.fetchLargeFiles`.
    public var largeFiles: [GitLargeFile] = []
}

/// A commit of another repository that a tree names, and the folder that it belongs in.
public struct GitSubmodule: Sendable, Hashable {
    public var path: RelativePath
    public var commit: String
    /// As `.gitmodules` has it; nil where it has none.
    public var url: String?
}

extension GitRepository {
    /// Writes the files of `commit` into `folder`, which is there and empty: bytes as stored, without filters.
    ///
    /// Our own writer, not libgit2's: that one reads the machine's configuration and the repository's attributes, and
    /// cannot be stopped. Everything is judged first; links are made last, so that nothing is written through one.
    ///
    /// - Parameter limit: how much is taken, in bytes; nil for as much as a checkout may be.
    /// - Throws: `.revisionNotFound`, `.unsafeContent`, `.tooLarge` beyond the limit, `.corrupt`, `.io`, and `.cancelled`
    ///   within one file.
    public func checkout(
        _ commit: String, into folder: FilePath, upTo limit: Int64? = nil
    ) throws(GitError) -> GitCheckout {
        var bounds = CheckoutBounds()
        if let limit { bounds.bytes = min(bounds.bytes, UInt64(clamping: limit)) }
        return try checkout(commit, into: folder, bounds: bounds)
    }

    func checkout(
        _ commit: String, into folder: FilePath, bounds: CheckoutBounds
    ) throws(GitError) -> GitCheckout {
        let tree = try self.commit(commit).tree
        let repository = try handle()
        var reader = try TreeReader(repository: repository, bounds: bounds)
        let plan = try reader.plan(tree: tree)
        for path in plan.folders {
            try Self.check(mkdir(folder.appending(path.string).string, 0o777), "cannot make \(path)")
        }
        let usesLargeFiles = try Self.usesLargeFiles(plan, repository)
        var largeFiles: [GitLargeFile] = []
        for file in plan.files {
            if Task.isCancelled { throw GitError(.cancelled, "cancelled") }
            let blob = try Blob(file.id, in: repository)
            try Self.write(blob, of: file, into: folder)
            if usesLargeFiles,
                let large = GitLargeFile(blob.bytes, at: file.path, isExecutable: file.isExecutable)
            {
                largeFiles.append(large)
            }
        }
        for link in plan.links {
            try Self.check(symlink(link.target, folder.appending(link.path.string).string), "cannot make \(link.path)")
        }
        let urls = try submoduleURLs(plan, repository)
        return GitCheckout(
            tree: tree, files: plan.files.count + plan.links.count,
            submodules: plan.submodules.map { .init(path: $0.path, commit: $0.commit, url: urls[$0.path.string]) },
            largeFiles: largeFiles)
    }

    /// Whether the repository says of any file that its content is kept elsewhere. A pointer is a pointer there alone.
    private static func usesLargeFiles(_ plan: CheckoutPlan, _ repository: GitHandle) throws(GitError) -> Bool {
        for file in plan.files
        where file.path.string == ".gitattributes" || file.path.string.hasSuffix("/.gitattributes") {
            let blob = try Blob(file.id, in: repository)
            if String(decoding: blob.bytes.prefix(1 << 20), as: UTF8.self).contains("filter=lfs") { return true }
        }
        return false
    }

    private static func write(_ blob: Blob, of file: CheckoutPlan.File, into folder: FilePath) throws(GitError) {
        do {
            let descriptor = try FileDescriptor.open(
                folder.appending(file.path.string), .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: FilePermissions(rawValue: file.isExecutable ? 0o777 : 0o666))
            try descriptor.closeAfter { _ = try descriptor.writeAll(blob.bytes) }
        } catch {
            throw GitError(writing: file.path.string, error)
        }
    }

    private static func check(_ result: Int32, _ doing: String) throws(GitError) {
        if result == 0 { return }
        let failure = Errno.last
        throw GitError(.io(errno: failure.rawValue), "\(doing): \(failure)")
    }

    private func submoduleURLs(_ plan: CheckoutPlan, _ repository: GitHandle) throws(GitError) -> [String: String] {
        guard let file = plan.files.first(where: { $0.path.string == ".gitmodules" }) else { return [:] }
        let blob = try Blob(file.id, in: repository)
        // 1 MiB: some 5,000 submodules.
        guard blob.bytes.count <= 1 << 20 else { throw GitError(.unsafeContent, ".gitmodules is longer than 1 MiB") }
        return SubmoduleList.urls(in: String(decoding: blob.bytes, as: UTF8.self))
    }
}

extension GitError {
    /// A failure to write `name`.
    init(writing name: String, _ error: any Error) {
        switch error {
        case let error as Errno: self.init(.io(errno: error.rawValue), "cannot write \(name): \(error)")
        default: self.init(mapping: error, otherwise: .corrupt)
        }
    }
}
