import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process as /proc/PID/stat has it (proc_pid_stat(5)).
struct ProcessStatistics: Sendable {
    let id: Int32
    /// `Z` for one that is dead and not reaped.
    let state: Character
    let parent: Int32
    let session: Int32
    /// In clock ticks since the machine started.
    let start: UInt64

    /// Nil for a process that is gone.
    init?(_ id: Int32) {
        // A process may end between any two looks at it: whatever cannot be read is not there.
        guard let bytes = Self.read("/proc/\(id)/stat", upTo: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        // The name stands in parentheses and may have some of its own.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let session = Int32(fields[3]), let start = UInt64(fields[19])
        else { return nil }
        self.id = id
        self.state = state
        self.parent = parent
        self.session = session
        self.start = start
    }

    /// The value of a variable that the process was started with; nil also for one that we may not look at.
    func variable(_ name: String) -> String? {
        // 128 KiB: what the hive gives a plug-in is a few hundred bytes, and stands first.
        guard let bytes = Self.read("/proc/\(id)/environ", upTo: 128 << 10) else { return nil }
        let start = Array("\(name)=".utf8)
        let line = bytes.split(separator: 0).first { $0.starts(with: start) }
        return line.map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }

    /// Tells this process from any that has had its number or will have it.
    var identity: String { "\(id).\(start)" }

    var isAlive: Bool { state != "Z" && state != "X" }

    /// In which numbers mean the same processes (pid_namespaces(7)).
    var numberSpace: String? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/\(id)/ns/pid", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    private static func read(_ path: String, upTo limit: Int) -> [UInt8]? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else {
            return nil
        }
        return try? file.closeAfter {
            var bytes: [UInt8] = []
            while bytes.count < limit {
                let part = try [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                    count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if part.isEmpty { break }
                bytes += part
            }
            return bytes
        }
    }

    static var own: ProcessStatistics? { ProcessStatistics(getpid()) }

    /// The present time on the clock of `start`.
    var now: UInt64 {
        var time = timespec()
        guard clock_gettime(CLOCK_BOOTTIME, &time) == 0 else { return .max }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return UInt64(time.tv_sec) * ticks + UInt64(time.tv_nsec) * ticks / 1_000_000_000
    }

    /// Every process that can be seen; none where there is no /proc.
    static func all() -> [ProcessStatistics] {
        folderEntries("/proc").compactMap { name in Int32(name).flatMap { ProcessStatistics($0) } }
    }
}
