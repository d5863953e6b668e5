/// What is known of a job's transfer at a moment: each file's bytes, their sum, the rate and the time left.
struct TransferTally {
    struct File {
        let path: String
        var received: Int64
        var total: Int64?
    }

    /// Files under way, in the order in which they began.
    private(set) var active: [File] = []
    private(set) var total: Int64?
    private(set) var fileCount = 0
    private(set) var doneCount = 0
    private var done: Int64 = 0
    /// Recent moments and the bytes that had arrived by then, for a rate over the last seconds.
    private var samples: [(moment: ContinuousClock.Instant, bytes: Int64)] = []

    var received: Int64 { active.reduce(done) { $0 + $1.received } }

    /// Begins anew: another artifact, or one that another process began and this one goes on with.
    mutating func plan(files: Int, total: Int64?) {
        self = TransferTally()
        fileCount = files
        self.total = total
    }

    mutating func update(_ path: String, received: Int64, total: Int64?, at moment: ContinuousClock.Instant = .now) {
        if let index = active.firstIndex(where: { $0.path == path }) {
            active[index].received = received
            active[index].total = total
        } else {
            active.append(File(path: path, received: received, total: total))
            // What a resumed file begins with has not just been received.
            samples = []
        }
        samples.append((moment, self.received))
        samples.removeAll { moment - $0.moment > .seconds(5) }
    }

    mutating func finish(_ path: String, bytes: Int64) {
        active.removeAll { $0.path == path }
        done += bytes
        doneCount += 1
    }

    /// Bytes a second over the last few seconds; nil while nothing can be said.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let seconds = (last.moment - first.moment) / .seconds(1)
        guard seconds > 0.2, last.bytes > first.bytes else { return nil }
        return Double(last.bytes - first.bytes) / seconds
    }

    /// Seconds until everything is here, at the present rate.
    var secondsLeft: Int? {
        guard let total, let rate, total >= received else { return nil }
        let seconds = Double(total - received) / rate
        return seconds < 1_000_000 ? Int(seconds.rounded(.up)) : nil
    }

    static func duration(_ seconds: Int) -> String {
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
}
