import Processes
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
        /// Without the pages of files, which many processes share.
        var memory: Int64 = 0
    }

    struct Status: Sendable {
        var name: String
        var state: Character
        var parent: Int32
        var isExiting: Bool
        var threads: Int
    }

    static func identifiers() -> [Int32] { folderEntries("/proc").compactMap { Int32($0) } }

    /// What a process and its descendants take together. Orphans inside a PID namespace go to its first process, which is
    /// a descendant: none is missed.
    static func usage(of leader: Int32) -> Usage {
        var children: [Int32: [(id: Int32, threads: Int)]] = [:]
        for id in identifiers() {
            if let status = status(of: id) { children[status.parent, default: []].append((id, status.threads)) }
        }
        var total = Usage()
        var queue = [leader]
        while let parent = queue.popLast() {
            // Removed, so that no loop in a table that changes while it is read is followed twice.
            for child in children.removeValue(forKey: parent) ?? [] {
                total.threads += child.threads
                total.memory &+= memory(of: child.id)
                queue.append(child.id)
            }
        }
        return total
    }

    /// The name in /proc/PID/stat may hold anything, and ends with the last parenthesis. Field 3 is the state, 4 the
    /// parent, 9 the kernel's flags, 20 the number of threads (proc_pid_stat(5)).
    static func status(of process: Int32) -> Status? {
        guard let bytes = smallFile("/proc/\(process)/stat"), let start = bytes.firstIndex(of: UInt8(ascii: "(")),
            let end = bytes.lastIndex(of: UInt8(ascii: ")")), start < end, end + 2 < bytes.count
        else { return nil }
        let fields = numbers(bytes[(end + 1)...])
        guard fields.count > 17, let parent = fields[1], let flags = fields[6], let threads = fields[17] else {
            return nil
        }
        return Status(
            name: String(decoding: bytes[(start + 1)..<end], as: UTF8.self),
            state: Character(UnicodeScalar(bytes[end + 2])), parent: Int32(truncatingIfNeeded: parent),
            isExiting: flags & Self.exiting != 0, threads: Int(threads))
    }

    /// PF_EXITING of the kernel's sched.h.
    private static let exiting: Int64 = 4

    /// Resident pages less shared ones: fields 2 and 3 of /proc/PID/statm (proc_pid_statm(5)).
    private static func memory(of process: Int32) -> Int64 {
        guard let bytes = smallFile("/proc/\(process)/statm") else { return 0 }
        let fields = numbers(bytes[...])
        guard fields.count > 2, let resident = fields[1], let shared = fields[2] else { return 0 }
        return max(0, resident &- shared) &* Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int64?] {
        bytes.split(separator: UInt8(ascii: " ")).map { Int64(String(decoding: $0, as: UTF8.self)) }
    }
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
