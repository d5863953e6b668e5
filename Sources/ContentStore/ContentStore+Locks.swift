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
    /// Shared by publishing, exclusive to the garbage collector.
    case maintenance

    var fileName: String {
        switch self {
        case .item(let item): "item-\(item.kind.rawValue)-\(item.key)"
        case .blob(let digest): "blob-\(ContentStore.partialName(digest: digest))"
        case .partial(let name): "partial-\(ContentStore.key(for: name))"
        case .source(let name): "source-\(ContentStore.key(for: name))"
        case .tree(let job): "tree-\(ContentStore.key(for: job))"
        case .maintenance: "maintenance"
        }
    }
}

extension ContentStore {
    /// Runs `body` holding a lock that no other task or process holds at the same time.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait for it; zero for one attempt.
    ///   - onWait: told once, with the holder (`process 4711`), when it is taken.
    /// - Throws: `StoreError.locked`, naming the holder, past the deadline; `cancelled` when the task is; whatever
    ///   `body` throws.
    public func withLock<T: Sendable>(
        _ name: LockName, deadline: Duration, onWait: @Sendable (String) -> Void = { _ in },
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        let lock = try await acquire(name, mode: .exclusive, deadline: deadline, onWait: onWait)
        defer { lock.release() }
        return try await body()
    }

    /// Polls, at first after 5 ms and at last every 50: a blocking flock could be neither cancelled nor bounded.
    func acquire(
        _ name: LockName, mode: FileLock.Mode, deadline: Duration = .seconds(300),
        onWait: @Sendable (String) -> Void = { _ in }, isolation: isolated (any Actor)? = #isolation
    ) async throws(StoreError) -> FileLock {
        let end = ContinuousClock.now.advanced(by: deadline)
        var pause = Duration.milliseconds(5)
        var told = false
        while true {
            let holder: String
            switch try tryLock(name, mode: mode) {
            case .taken(let lock): return lock
            case .held(let by): holder = by
            }
            if ContinuousClock.now >= end {
                throw StoreError(.locked(holder: holder), "\(name.fileName) is locked by \(holder)")
            }
            if !told { onWait(holder) }
            told = true
            do {
                try await Task.sleep(for: min(pause, .milliseconds(50)))
            } catch {
                throw .cancelled
            }
            pause *= 2
        }
    }

    func tryLock(_ name: LockName, mode: FileLock.Mode = .exclusive) throws(StoreError) -> FileLock.Attempt {
        try FileLock.attempt(locks.appending(name.fileName), mode: mode)
    }
}
