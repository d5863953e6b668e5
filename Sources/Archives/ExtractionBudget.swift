/// The bytes that may come out of an archive, and those that have.
struct ExtractionBudget {
    /// Every byte of every file, holes included.
    private(set) var logical: Int64 = 0
    /// The bytes that were written.
    private(set) var written: Int64 = 0
    private let maximum: Int64
    private let policy: ExtractionPolicy
    private let source: ArchiveSource

    init(_ policy: ExtractionPolicy, of source: ArchiveSource) {
        self.policy = policy
        self.source = source
        maximum = policy.maximumBytes
    }

    /// Whether `size` bytes more would be too many; spends nothing.
    func admit(_ size: Int64, entry: String?) throws(ArchiveError) {
        guard size >= 0 else { throw ArchiveError(.corrupt, entry: entry, "its size is negative") }
        let (sum, overflow) = logical.addingReportingOverflow(size)
        guard !overflow, sum <= maximum else {
            throw ArchiveError(.tooLarge, entry: entry, "with its \(size) bytes the content is over \(maximum) bytes")
        }
    }

    mutating func spend(data: Int64, holes: Int64, entry: String?) throws(ArchiveError) {
        let (size, overflow) = data.addingReportingOverflow(holes)
        try admit(overflow ? Int64.max : size, entry: entry)
        logical += size
        written += data
        try checkRatio(written, entry: entry)
    }

    /// `expanded` bytes came out of the filter; not all of them need be a file's.
    ///
    /// Against the whole archive's length: what was consumed so far jumps about in a zip whose entries overlap. Of one
    /// that still arrives the length is what is there, and more is waited for before it is judged.
    func checkRatio(_ expanded: Int64, entry: String?) throws(ArchiveError) {
        guard expanded > policy.ratioFloor else { return }
        let (ratio, rest) = expanded.quotientAndRemainder(dividingBy: max(1, policy.maximumRatio))
        guard try source.holds(ratio + rest.signum()) else {
            throw ArchiveError(
                .limit, entry: entry, "the content is more than \(policy.maximumRatio) times the archive's size")
        }
    }
}
