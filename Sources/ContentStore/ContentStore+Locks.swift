public import ArtifactTypes
import SystemPackage

/// What can be locked. One lock is one file, the same for every process of the store.
public enum LockName: Sendable, Hashable {
    /// Held by the job that fetches, publishes, removes or repairs an item.
    case item(StoreItem)
    case blob(Digest)
    case partial(String)
    case source(String)
    /// Held by whoever fills a staged tree, for as long as it exists.
    case tree(job: String)
    /// Held by a job for as long as it counts on the room that its file says.
    case promise(job: String)
    /// Held while promises are compared with what is free.
    case space
    /// Shared by publishing, exclusive to the garbage collector.
    case maintenance

    static let promisePrefix = "promise-"

    /// For messages.
    var subject: String {
        switch self {
        case .item(let item): item.description
        case .blob(let digest): digest.description
        case .partial(let name): "the download \(name.visiblyEscaped)"
        case .source(let name): "the repository \(name.visiblyEscaped)"
        case .tree(let job), .promise(let job): "job \(job.visiblyEscaped)"
        case .space, .maintenance: "the store"
        }
    }

    var fileName: String {
        switch self {
        case .item(let item): "item-\(item.kind.rawValue)-\(item.key)"
        case .blob(let digest): "blob-\(ContentStore.partialName(digest: digest))"
        case .partial(let name): "partial-\(ContentStore.key(for: name))"
        case .source(let name): "source-\(ContentStore.key(for: name))"
        case .tree(let job): "tree-\(ContentStore.key(for: job))"
        case .promise(let job): "\(Self.promisePrefix)\(ContentStore.key(for: job))"
        case .space: "space"
        case .maintenance: "maintenance"
        }
    }
}

/// A lock that is held: a way to tell those who wait for it how far the work is.
public struct HeldLock: Sendable {
    let lock: FileLock

    /// Cheap enough for each progress report; in bytes.
    public func tell(received: Int64, total: Int64?) {
        lock.tell(received: received, total: total)
    }
}

extension ContentStore {
    /// Runs `body` holding a lock that no other task or process holds at the same time.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait for a holder that shows no sign of life; one that runs is waited for without end.
    ///     Zero for one attempt.
    ///   - onWait: told of the holder when the lock is taken, and again whenever what it says changes.
    /// - Throws: `StoreError.locked`, naming the holder, past the deadline; `cancelled` when the task is; whatever
    ///   `body` throws.
    public func withLock<T: Sendable>(
        _ name: LockName, deadline: Duration, onWait: @Sendable (LockHolder) -> Void = { _ in },
        isolation: isolated (any Actor)? = #isolation, _ body: (HeldLock) async throws -> T
    ) async throws -> T {
        let lock = try await acquire(name, mode: .exclusive, deadline: deadline, onWait: onWait)
        defer { lock.release() }
        return try await body(HeldLock(lock: lock))
    }

    /// The same for work that tells nothing.
    public func withLock<T: Sendable>(
        _ name: LockName, deadline: Duration, onWait: @Sendable (LockHolder) -> Void = { _ in },
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        try await withLock(name, deadline: deadline, onWait: onWait) { (_: HeldLock) in try await body() }
    }

    /// What the holder of a lock says of itself; nil where nobody holds it.
    public func holder(of name: LockName) -> LockHolder? {
        FileLock.holder(at: locks.appending(name.fileName))
    }

    /// Polls, at first after 5 ms and at last every 50: a blocking flock could be neither cancelled nor bounded.
    ///
    /// - Parameter beats: whether the lock's file is to say that this process runs.
    func acquire(
        _ name: LockName, mode: FileLock.Mode, deadline: Duration = .seconds(300), beats: Bool = true,
        onWait: @Sendable (LockHolder) -> Void = { _ in }, isolation: isolated (any Actor)? = #isolation
    ) async throws(StoreError) -> FileLock {
        var end = ContinuousClock.now.advanced(by: deadline)
        var pause = Duration.milliseconds(5)
        var last: LockHolder?
        while true {
            let holder: LockHolder
            switch try tryLock(name, mode: mode) {
            case .taken(let lock):
                if beats, mode == .exclusive { lock.startBeating() }
                return lock
            case .held(let by): holder = by
            }
            if let last, holder != last { end = .now.advanced(by: deadline) }
            if ContinuousClock.now >= end {
                let stalled = deadline > .zero ? ", which shows no sign of life" : ""
                throw StoreError(
                    .locked(holder: holder.description), "\(name.subject) is locked by \(holder)\(stalled)")
            }
            if holder != last { onWait(holder) }
            last = holder
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw .cancelled
            }
            // Bounded here: doubled for four seconds it would overflow.
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    func tryLock(_ name: LockName, mode: FileLock.Mode = .exclusive) throws(StoreError) -> FileLock.Attempt {
        try FileLock.attempt(locks.appending(name.fileName), mode: mode)
    }
}
