public import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes that the files below some folders take on the disk. Links are not followed; what vanishes while it is
/// looked at, or cannot be looked at, counts nothing.
public func diskUsage(of folders: [FilePath]) -> Int64 {
    var total: Int64 = 0
    var queue = folders
    while let folder = queue.popLast() {
        for name in folderEntries(folder) where name != "." && name != ".." {
            let path = folder.appending(name)
            var status = stat()
            guard lstat(path.string, &status) == 0 else { continue }
            total &+= Int64(status.st_blocks) &* 512
            if status.st_mode & S_IFMT == S_IFDIR { queue.append(path) }
        }
    }
    return total
}

/// The names in a folder, `.` and `..` among them; none where it cannot be read.
public func folderEntries(_ path: FilePath) -> [String] {
    guard let stream = opendir(path.string) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        names.append(
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            })
    }
    return names
}
