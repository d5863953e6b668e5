import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The machine's processes, as Linux's /proc has them; none elsewhere.
enum ProcessTable {
    struct Usage: Sendable {
        var threads = 0
        var residentBytes: Int64 = 0
    }

    static func identifiers() -> [Int32] { folderEntries("/proc").compactMap { Int32($0) } }

    /// What a process and its descendants take together. Orphans inside a PID namespace go to its first process, which is
    /// a descendant: none is missed.
    static func usage(of leader: Int32) -> Usage {
        var children: [Int32: [(id: Int32, own: Usage)]] = [:]
        for id in identifiers() {
            guard let (parent, own) = status(of: id) else { continue }
            children[parent, default: []].append((id, own))
        }
        var total = Usage()
        var queue = [leader]
        while let parent = queue.popLast() {
            // Removed, so that no loop in a table that changes while it is read is followed twice.
            for child in children.removeValue(forKey: parent) ?? [] {
                total.threads += child.own.threads
                total.residentBytes += child.own.residentBytes
                queue.append(child.id)
            }
        }
        return total
    }

    /// The fields of /proc/PID/stat after the name, which may hold anything: 3 is the state, 4 the parent, 20 the number
    /// of threads, 24 the resident pages (proc_pid_stat(5)).
    private static func status(of process: Int32) -> (parent: Int32, own: Usage)? {
        guard let bytes = smallFile("/proc/\(process)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 21, let parent = Int32(fields[1]), let threads = Int(fields[17]),
            let pages = Int64(fields[21])
        else { return nil }
        return (parent, Usage(threads: threads, residentBytes: pages &* Int64(sysconf(Int32(_SC_PAGESIZE)))))
    }
}

/// The names in a folder; none where it cannot be read.
func folderEntries(_ path: FilePath) -> [String] {
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

/// The first 64 KiB of a file of the kernel's; nil where it cannot be read, as when its process is gone.
func smallFile(_ path: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else {
        return nil
    }
    defer { try? file.close() }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    guard let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
    return Array(buffer[..<count])
}
