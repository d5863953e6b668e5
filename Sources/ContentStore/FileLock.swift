import CSystemCalls
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An flock on a file of the store's `locks` folder. It is gone with this object, or with the process.
final class FileLock: Sendable {
    enum Mode: Sendable {
        case exclusive
        case shared
    }

    enum Attempt: Sendable {
        case taken(FileLock)
        case held(by: LockHolder)
    }

    private struct State {
        /// Nil once it is let go.
        var file: FileDescriptor?
        var holder: LockHolder
        var lastWrite = ContinuousClock.now
        var beating: Task<Void, Never>?
    }

    private static let beat = Duration.milliseconds(500)
    /// What is told more often than this waits for the next beat.
    private static let smallestPause = Duration.milliseconds(100)

    private let path: FilePath
    private let mode: Mode
    private let state: Mutex<State>

    private init(path: FilePath, mode: Mode, file: FileDescriptor, holder: LockHolder) {
        self.path = path
        self.mode = mode
        state = Mutex(State(file: file, holder: holder))
    }

    deinit { release() }

    /// Takes the lock if nobody holds it.
    ///
    /// A holder removes the file as it lets go, so what was locked here may have lost its name in between: only a lock
    /// on the file that has the name is one.
    static func attempt(_ path: FilePath, mode: Mode) throws(StoreError) -> Attempt {
        while true {
            let file = try FileSystem.open(path, .readWrite, options: .create, permissions: [.ownerReadWrite])
            if flock(file.rawValue, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
                let failure = Errno(rawValue: errno)
                let holder = holder(file)
                close(file.rawValue)
                if failure == .interrupted { continue }
                guard failure == .wouldBlock else { throw StoreError(failure, "lock", path) }
                return .held(by: holder)
            }
            let opened = try? file.stat()
            guard let opened, let named = FileSystem.status(path), named.inode == opened.inode else {
                close(file.rawValue)
                continue
            }
            let holder = LockHolder(process: getpid())
            if mode == .exclusive {
                ftruncate(file.rawValue, 0)
                write(holder, to: file)
            }
            return .taken(FileLock(path: path, mode: mode, file: file, holder: holder))
        }
    }

    /// What the file of a lock says of its holder; nil where there is no such file. One that died says still what it
    /// said last.
    static func holder(at path: FilePath) -> LockHolder? {
        guard let file = try? FileSystem.open(path, .readOnly) else { return nil }
        defer { close(file.rawValue) }
        return holder(file)
    }

    /// From now on says twice a second that the process runs, so that those who wait know a busy holder from a stopped
    /// one.
    func startBeating() {
        let beating = Task.detached { [weak self] in
            while (try? await Task.sleep(for: Self.beat)) != nil {
                guard let self else { return }
                self.state.withLock { Self.write(&$0) }
            }
        }
        state.withLock { $0.beating = beating }
    }

    /// Tells those who wait how far the work is, in bytes.
    func tell(received: Int64, total: Int64?) {
        state.withLock { state in
            state.holder.received = received
            state.holder.total = total
            if .now - state.lastWrite >= Self.smallestPause { Self.write(&state) }
        }
    }

    /// Replaces what the file says, for a lock that tells something else than how far its holder is.
    func write(_ bytes: [UInt8]) throws(StoreError) {
        let failure = state.withLock { state -> Errno? in
            guard let file = state.file else { return nil }
            do {
                ftruncate(file.rawValue, 0)
                _ = try file.writeAll(toAbsoluteOffset: 0, bytes)
                return nil
            } catch {
                return error as? Errno ?? .ioError
            }
        }
        if let failure { throw StoreError(failure, "write", path, needed: Int64(bytes.count)) }
    }

    func release() {
        state.withLock { state in
            state.beating?.cancel()
            guard let descriptor = state.file else { return }
            // Others may hold a shared lock on the same file: its name stays, for `gc`.
            if mode == .exclusive { _ = path.withPlatformString { unlink($0) } }
            close(descriptor.rawValue)
            state.file = nil
        }
    }

    private static func write(_ state: inout State) {
        guard let file = state.file else { return }
        state.holder.beat += 1
        state.lastWrite = .now
        write(state.holder, to: file)
    }

    /// The lock itself does not depend on it.
    private static func write(_ holder: LockHolder, to file: FileDescriptor) {
        _ = try? file.writeAll(toAbsoluteOffset: 0, holder.line.utf8)
    }

    private static func holder(_ file: FileDescriptor) -> LockHolder {
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = bytes.withUnsafeMutableBytes { (try? file.read(fromAbsoluteOffset: 0, into: $0)) ?? 0 }
        return LockHolder(line: String(decoding: bytes.prefix(count), as: UTF8.self))
    }
}
