import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes that the files below some folders take on the disk. Links are not followed; what vanishes while it is
/// looked at, or cannot be looked at, counts nothing.
func diskUsage(of folders: [FilePath]) -> Int64 {
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
