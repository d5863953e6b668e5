import Foundation
import SystemPackage

/// A folder below `TMPDIR` that is gone with this object. One that a killed process has left is removed by the next: a
/// folder that is in use is locked, and a lock dies with its process.
final class PassingFolder: Sendable {
    let path: FilePath
    private let lock: FileDescriptor

    /// - Throws: `Errno`, or why the folder cannot be made.
    init(prefix: String) throws {
        let parent = FilePath(FileManager.default.temporaryDirectory.path)
        Self.sweep(parent, prefix)
        path = parent.appending("\(prefix)\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        guard let lock = Self.locked(path) else { throw Errno.resourceTemporarilyUnavailable }
        self.lock = lock
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
        try? lock.close()
    }

    private static func sweep(_ parent: FilePath, _ prefix: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.string)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let path = parent.appending(name)
            // One that was made this minute may wait for its lock still.
            let attributes = try? FileManager.default.attributesOfItem(atPath: path.string)
            guard let made = attributes?[.modificationDate] as? Date, made.timeIntervalSinceNow < -60,
                attributes?[.ownerAccountID] as? Int == Int(geteuid()), let lock = locked(path)
            else { continue }
            try? FileManager.default.removeItem(atPath: path.string)
            try? lock.close()
        }
    }

    /// Nil where another process has it, or where there is no folder.
    private static func locked(_ path: FilePath) -> FileDescriptor? {
        let options: FileDescriptor.OpenOptions = [.directory, .noFollow, .closeOnExec]
        guard let file = try? FileDescriptor.open(path, .readOnly, options: options) else { return nil }
        if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 { return file }
        try? file.close()
        return nil
    }
}
