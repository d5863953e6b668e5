import CGit2

/// Takes a pack as it comes and files its objects once it is whole: every object hashed, the pack's own sum compared.
final class PackWriter {
    private let database: GitHandle
    private let writer: UnsafeMutablePointer<git_odb_writepack>
    private var statistics = git_indexer_progress()
    private var received: Int64 = 0

    init(repository: GitHandle) throws(GitError) {
        database = try GitHandle("cannot open the object database", freedBy: git_odb_free) {
            git_repository_odb(&$0, repository.pointer)
        }
        var made: UnsafeMutablePointer<git_odb_writepack>?
        // The library asks this back between objects, also while it resolves deltas at the end, which may take long.
        let stopIfCancelled: git_indexer_progress_cb = { _, _ in Task.isCancelled ? GIT_EUSER.rawValue : 0 }
        try LibGit2.check(
            git_odb_write_pack(&made, database.pointer, stopIfCancelled, nil), "cannot write a pack",
            otherwise: .corrupt)
        guard let made else { throw GitError(.corrupt, "cannot write a pack: nothing there") }
        writer = made
    }

    deinit {
        writer.pointee.free?(writer)
    }

    func append(_ bytes: [UInt8]) throws(GitError) -> GitFetchProgress {
        let result = bytes.withUnsafeBytes {
            writer.pointee.append?(writer, $0.baseAddress, $0.count, &statistics) ?? GIT_ERROR.rawValue
        }
        try LibGit2.check(result, "the pack is damaged", otherwise: .corrupt)
        received += Int64(bytes.count)
        return GitFetchProgress(
            objects: Int(statistics.received_objects), totalObjects: Int(statistics.total_objects),
            // The library counts an object's bytes once it is whole.
            bytes: received)
    }

    func commit() throws(GitError) {
        let result = writer.pointee.commit?(writer, &statistics) ?? GIT_ERROR.rawValue
        try LibGit2.check(result, "the pack is damaged", otherwise: .corrupt)
    }
}

extension GitRepository {
    /// Begins a pack; one that was begun before is dropped.
    func beginPack() throws(GitError) {
        writer = nil
        writer = try PackWriter(repository: handle())
    }

    func appendPack(_ bytes: [UInt8]) throws(GitError) -> GitFetchProgress {
        guard let writer else { throw GitError(.corrupt, "a pack that was never begun") }
        return try writer.append(bytes)
    }

    /// Files the objects of the pack that was begun.
    func commitPack() throws(GitError) {
        guard let writer else { throw GitError(.corrupt, "a pack that was never begun") }
        defer { self.writer = nil }
        try writer.commit()
    }

    func dropPack() {
        writer = nil
    }
}
