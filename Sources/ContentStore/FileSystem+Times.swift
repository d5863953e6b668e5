import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FileSystem {
    /// Nanoseconds since 1970. The precise clock: file systems stamp with it or with the coarse one, which is up to a
    /// tick of 4 ms behind, so that no stamp of the past lies ahead of this.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.nanoseconds
    }

    /// Sets a file's times to now.
    static func touch(_ path: FilePath) throws(StoreError) {
        if path.withPlatformString({ utimensat(AT_FDCWD, $0, nil, 0) }) != 0 {
            throw StoreError(Errno(rawValue: errno), "change the times of", path)
        }
    }

    /// The inodes of the regular files below a folder.
    static func inodes(below path: FilePath) throws(StoreError) -> Set<Inode> {
        var inodes: Set<Inode> = []
        var queue = [path]
        while let next = queue.popLast() {
            guard let status = status(next) else { continue }
            switch status.type {
            case .directory: queue += try names(in: next).map(next.appending)
            case .regular: inodes.insert(status.inode)
            default: break
            }
        }
        return inodes
    }
}

extension Stat {
    /// When the content, the mode or the number of links last changed; nanoseconds since 1970.
    var changed: Int64 { st_ctim.nanoseconds }
}

extension timespec {
    fileprivate var nanoseconds: Int64 {
        let (seconds, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? Int64.max : seconds.addingReportingOverflow(Int64(tv_nsec)).partialValue
    }
}
