import CArchive

/// The character set in which libarchive hands names over: UTF-8, for one thread and one piece of work.
enum UTF8Locale {
    static func during<Value>(_ work: () -> Value) -> Value {
        let previous = carchive_enter_utf8()
        defer { carchive_leave_utf8(previous) }
        return work()
    }
}
