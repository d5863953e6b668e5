import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FileSystem {
    /// Removes whatever `path` is, a whole tree too, following no link. What is not there is fine.
    ///
    /// Depth costs neither stack nor descriptors: a folder found two levels down is moved up to the first, until all
    /// that is left are files and empty folders. Folders without write permission are given it.
    static func removeTree(_ path: FilePath) throws(StoreError) {
        guard let status = status(path) else { return }
        guard status.type == .directory else { return try removeFile(path) }
        try allowWriting(path)
        var moved = 0
        while true {
            let names = try names(in: path)
            if names.isEmpty { break }
            for name in names {
                let child = path.appending(name)
                if try removeUnlessFolder(child) { continue }
                try allowWriting(child)
                for name in try self.names(in: child) {
                    let grandchild = child.appending(name)
                    if try removeUnlessFolder(grandchild) { continue }
                    try allowWriting(grandchild)
                    var target: FilePath
                    repeat {
                        moved += 1
                        target = path.appending("moved-\(moved)")
                    } while Self.status(target) != nil
                    try move(grandchild, to: target)
                }
                try removeEmptyFolder(child)
            }
        }
        try removeEmptyFolder(path)
    }

    /// Bytes on the disk that nothing else names, below `path`. Folders are opened to their owner.
    static func exclusiveSize(_ path: FilePath) throws(StoreError) -> Int64 {
        var total: Int64 = 0
        var queue = [path]
        while let next = queue.popLast() {
            guard let status = status(next) else { continue }
            if status.type == .directory {
                try allowWriting(next)
                for name in try names(in: next) { queue.append(next.appending(name)) }
            } else if status.linkCount == 1 {
                total = total.addingReportingOverflow(status.size).partialValue
            }
        }
        return total
    }

    /// Gives the owner every permission on `path` and the folders below it, whoever wrote there.
    static func openFolders(_ path: FilePath) throws(StoreError) {
        var queue = [path]
        while let next = queue.popLast() {
            guard status(next)?.type == .directory else { continue }
            try allowWriting(next)
            for name in try names(in: next) { queue.append(next.appending(name)) }
        }
    }

    private static func removeUnlessFolder(_ path: FilePath) throws(StoreError) -> Bool {
        if path.withPlatformString({ unlink($0) }) == 0 || errno == ENOENT { return true }
        // EISDIR is Linux's answer for a folder, EPERM that of POSIX.
        if errno == EISDIR || (errno == EPERM && status(path)?.type == .directory) { return false }
        throw StoreError(Errno(rawValue: errno), "remove", path)
    }

    private static func allowWriting(_ folder: FilePath) throws(StoreError) {
        guard let status = status(folder), status.type == .directory,
            !status.permissions.contains(.ownerReadWriteExecute)
        else { return }
        if folder.withPlatformString({ chmod($0, 0o700) }) != 0 {
            throw StoreError(Errno(rawValue: errno), "open", folder)
        }
    }

    private static func removeEmptyFolder(_ path: FilePath) throws(StoreError) {
        if path.withPlatformString({ rmdir($0) }) != 0, errno != ENOENT {
            throw StoreError(Errno(rawValue: errno), "remove", path)
        }
    }
}
