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
        case held(by: String)
    }

    private let path: FilePath
    private let mode: Mode
    private let file: Mutex<FileDescriptor?>

    private init(path: FilePath, mode: Mode, file: FileDescriptor) {
        self.path = path
        self.mode = mode
        self.file = Mutex(file)
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
            if mode == .exclusive {
                // Told to those who wait; the lock itself does not depend on it.
                ftruncate(file.rawValue, 0)
                _ = try? file.writeAll("\(getpid())\n".utf8)
            }
            return .taken(FileLock(path: path, mode: mode, file: file))
        }
    }

    func release() {
        file.withLock { file in
            guard let descriptor = file else { return }
            // Others may hold a shared lock on the same file: its name stays, for `gc`.
            if mode == .exclusive { _ = path.withPlatformString { unlink($0) } }
            close(descriptor.rawValue)
            file = nil
        }
    }

    private static func holder(_ file: FileDescriptor) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = bytes.withUnsafeMutableBytes { (try? file.read(fromAbsoluteOffset: 0, into: $0)) ?? 0 }
        let digits = bytes.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? "another process" : "process \(String(decoding: digits, as: UTF8.self))"
    }
}
