import ContentStore
import Logging

extension Hive {
    /// Runs `body` holding an item's lock. Whoever must be waited for, perhaps for hours, is told of at once.
    func withItem<T: Sendable>(_ item: StoreItem, _ body: () async throws -> T) async throws -> T {
        try await store.withLock(
            .item(item), deadline: .seconds(300), onWait: configuration.logger.waiting("works on \(item)"), body)
    }
}

extension Logger {
    /// Warns of each process that is waited for, and says what that does.
    func waiting(_ work: String) -> @Sendable (LockHolder) -> Void {
        LockHolder.each { holder in warning("waiting for \(holder), which \(work)") }
    }
}
