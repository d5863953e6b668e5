import ArtifactTypes
import CGit2
import Dispatch
import Glibc

/// The library itself: started once, its error codes turned into ours.
enum LibGit2 {
    /// 8 million objects (Linux has 11 in its whole history, below 100,000 at depth 1) and 2 GiB an object.
    private static let started: Int32 = {
        let code = git_libgit2_init()
        return code < 0 ? code : rbee_git2_be_strict(8 << 20, 2 << 30)
    }()

    static func start() throws(GitError) {
        try check(started, "cannot start libgit2", otherwise: .unsupported)
    }

    /// - Parameters:
    ///   - missing: the code where the library says that the thing is not there.
    ///   - otherwise: the code where it says nothing that we decide by.
    @discardableResult
    static func check(
        _ result: Int32, _ doing: @autoclosure () -> String, missing: GitError.Code? = nil, otherwise: GitError.Code
    ) throws(GitError) -> Int32 {
        if result >= 0 { return result }
        let failure = errno
        let last = git_error_last()?.pointee
        let reason = last?.message.map { String(cString: $0).visiblyEscaped } ?? "error \(result)"
        let code: GitError.Code =
            switch (git_error_code(result), last.map { git_error_t(UInt32(bitPattern: $0.klass)) }) {
            case (GIT_EUSER, _): .cancelled
            case (GIT_ENOTFOUND, _): missing ?? otherwise
            case (GIT_EOWNER, _): .untrusted
            case (_, GIT_ERROR_OS) where failure != 0: .io(errno: failure)
            default: otherwise
            }
        throw GitError(code, "\(doing()): \(reason)")
    }
}

/// One of the library's handles, freed with its last reference.
final class GitHandle {
    let pointer: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    /// - Throws: what `LibGit2.check` makes of the code that `make` returns.
    init(
        _ doing: @autoclosure () -> String, missing: GitError.Code? = nil, otherwise: GitError.Code = .corrupt,
        freedBy free: @escaping (OpaquePointer?) -> Void, make: (inout OpaquePointer?) -> Int32
    ) throws(GitError) {
        var made: OpaquePointer?
        try LibGit2.check(make(&made), doing(), missing: missing, otherwise: otherwise)
        guard let made else { throw GitError(otherwise, "\(doing()): nothing there") }
        pointer = made
        self.free = free
    }

    deinit {
        free(pointer)
    }
}

/// libgit2 blocks, so a repository's work runs here and not on the threads that Swift's tasks share.
final class GitQueue: SerialExecutor {
    private let queue = DispatchQueue(label: "git")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

extension git_oid {
    init(hex: String) throws(GitError) {
        self.init()
        guard GitRevision.isCommit(hex), git_oid_fromstr(&self, hex) == 0 else {
            throw GitError(.invalid, "not an object id: \(hex.prefix(64).debugDescription)")
        }
    }

    var hex: String {
        withUnsafeBytes(of: id) { bytes in
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }
}
