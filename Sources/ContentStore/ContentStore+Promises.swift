public import ArtifactTypes
import FoundationEssentials
import SystemPackage

/// A file that a job will fetch, as far as room on the disk is concerned.
public struct SpaceNeed: Sendable, Hashable, Codable {
    /// The partial that it is fetched into: what that has taken of the disk already is needed no more.
    let partial: String
    /// The blob that it will be, where that is known.
    let blob: Digest?
    /// In bytes.
    let size: Int64

    public init(partial: String, blob: Digest?, size: Int64) {
        self.partial = partial
        self.blob = blob
        self.size = size
    }
}

/// What a job counts on, as the file of its lock says it to the others.
private struct SpacePromise: Codable {
    let process: Int32
    /// Whom for: an id.
    let subject: String
    let needs: [SpaceNeed]
}

extension ContentStore {
    /// Runs `body` with the room for `needs` promised to it, beside what other running jobs have been promised.
    ///
    /// A job of a thousand files reserves blocks for those alone that are under way; the others are but promised. What
    /// of a promise is kept already is seen on the disk, and a promise ends with its process.
    /// - Parameter subject: the id that others are told of.
    /// - Throws: `insufficientSpace`, which tells what is needed, free, and promised to whom; whatever `body` throws.
    public func withPromisedSpace<T: Sendable>(
        for needs: [SpaceNeed], of subject: String, job: String,
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> T
    ) async throws -> T {
        let process = ProcessInfo.processInfo.processIdentifier
        let lock = try await promise(SpacePromise(process: process, subject: subject, needs: needs), to: job)
        defer { lock?.release() }
        return try await body()
    }

    /// Nil where nothing is needed.
    private func promise(
        _ promise: SpacePromise, to job: String, isolation: isolated (any Actor)? = #isolation
    ) async throws(StoreError) -> FileLock? {
        // One after another: two that look at the same time would both see the room that is there once.
        let comparing = try await acquire(.space, mode: .exclusive)
        defer { comparing.release() }
        let others = try otherPromises()
        let counted = Set(others.flatMap(\.needs).map(\.partial))
        let needed = missing(promise.needs.filter { !counted.contains($0.partial) })
        guard needed > 0 else { return nil }
        let promised = missing(others.flatMap(\.needs))
        let free = freeSpace
        guard needed <= free - promised else {
            var message = "no space in \(root.visible): \(ByteCount(needed)) needed, \(ByteCount(free)) free"
            if promised > 0 {
                let names = others.map { "\($0.subject.visiblyEscaped) (process \($0.process))" }
                message += ", \(ByteCount(promised)) of it promised to \(names.joined(separator: ", "))"
            }
            throw StoreError(.insufficientSpace(needed: needed, free: max(0, free - promised)), message)
        }
        // A garbage collector looks whether the lock is free, and has it for that moment.
        let lock = try await acquire(.promise(job: job), mode: .exclusive, deadline: .seconds(5), beats: false)
        try lock.write(Self.encode(promise))
        return lock
    }

    /// The promises whose jobs are alive.
    private func otherPromises() throws(StoreError) -> [SpacePromise] {
        var promises: [SpacePromise] = []
        for name in try FileSystem.names(in: locks) where name.string.hasPrefix(LockName.promisePrefix) {
            let path = locks.appending(name)
            switch try FileLock.attempt(path, mode: .exclusive) {
            case .taken(let lock): lock.release()
            case .held:
                let bytes = (try? FileSystem.read(path, limit: 64 << 20)) ?? []
                guard let promise = try? JSONDecoder().decode(SpacePromise.self, from: Data(bytes)) else { continue }
                promises.append(promise)
            }
        }
        return promises
    }

    /// What is not on the disk yet of what is needed.
    private func missing(_ needs: [SpaceNeed]) -> Int64 {
        var seen: Set<String> = []
        var missing: Int64 = 0
        for need in needs where seen.insert(need.partial).inserted {
            if let blob = need.blob, hasBlob(blob) { continue }
            let taken = FileSystem.status(partial(named: need.partial).part)?.sizeAllocated ?? 0
            let (next, overflows) = missing.addingReportingOverflow(max(0, need.size - taken))
            missing = overflows ? .max : next
        }
        return missing
    }
}
