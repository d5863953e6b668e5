import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the holder of a lock says of itself in the lock's file: its process, and how far it is.
public struct LockHolder: Sendable, Hashable, CustomStringConvertible {
    /// Nil where it has not said.
    public let process: Int32?
    /// Grows for as long as the process runs.
    var beat: UInt64 = 0
    /// Bytes that are here, and of how many, where the holder tells.
    public internal(set) var received: Int64?
    public internal(set) var total: Int64?

    init(process: Int32?) {
        self.process = process
    }

    /// `4711 12 1048576 -`: process, beat, received, total. Only the first line counts: it is written over a longer one.
    init(line: String) {
        let words = line.prefix { $0 != "\n" }.split(separator: " ")
        process = words.first.flatMap { Int32($0) }
        beat = words.count > 1 ? UInt64(words[1]) ?? 0 : 0
        received = words.count > 2 ? Int64(words[2]) : nil
        total = words.count > 3 ? Int64(words[3]) : nil
    }

    var line: String {
        let numbers = [received, total].map { $0.map { String($0) } ?? "-" }
        return "\(process ?? 0) \(beat) \(numbers[0]) \(numbers[1])\n"
    }

    /// Whether it is this process: two files of one content, or two jobs.
    public var isThisProcess: Bool { process == getpid() }

    /// `process 4711`.
    public var description: String { process.map { "process \($0)" } ?? "another process" }
}

extension LockHolder {
    /// What to give as `onWait` where `tell` is to hear of each holder once, and not of how far it is.
    public static func each(_ tell: @escaping @Sendable (LockHolder) -> Void) -> @Sendable (LockHolder) -> Void {
        let last = Last()
        return { holder in if last.becomes(holder) { tell(holder) } }
    }

    private final class Last: Sendable {
        private let process = Mutex<Int32??>(nil)

        /// Whether it was another one.
        func becomes(_ holder: LockHolder) -> Bool {
            process.withLock { process in
                defer { process = holder.process }
                return process != .some(holder.process)
            }
        }
    }
}
