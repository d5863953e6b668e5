public import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes that the files below some folders take on the disk. Links are not followed; what vanishes while it is
/// looked at, or cannot be looked at, counts nothing.
///
/// - Parameters:
///   - limit: once there is more than that, nothing further is looked at: whoever fills a folder meanwhile could keep
///     the look at it from ever ending.
///   - entry: what each name counts beside its content.
public func diskUsage(of folders: [FilePath], upTo limit: Int64 = .max, entry: Int64 = 0) -> Int64 {
    var total: Int64 = 0
    var queue = folders
    while let folder = queue.popLast(), total <= limit {
        forEachEntry(of: folder) { name in
            if name == "." || name == ".." { return true }
            let path = folder.appending(name)
            var status = stat()
            guard lstat(path.string, &status) == 0 else { return true }
            total &+= Int64(status.st_blocks) &* 512 &+ entry
            if status.st_mode & S_IFMT == S_IFDIR { queue.append(path) }
            return total <= limit
        }
    }
    return total
}

/// The names in a folder, `.` and `..` among them; none where it cannot be read.
public func folderEntries(_ path: FilePath) -> [String] {
    var names: [String] = []
    forEachEntry(of: path) { name in
        names.append(name)
        return true
    }
    return names
}

/// Hands out the names in a folder until `take` is false.
private func forEachEntry(of path: FilePath, _ take: (String) -> Bool) {
    guard let stream = opendir(path.string) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !take(name) { return }
    }
}
