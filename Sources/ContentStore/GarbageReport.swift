/// What a garbage collection may take.
public struct GarbagePolicy: Sendable {
    /// Nothing is removed; the report says what would be.
    public var dryRun: Bool
    /// Only what nobody has written or linked to for so long. Nil: all that is unused.
    public var olderThan: Duration?
    /// Kept git mirrors are worth more than their bytes: they go only after so long without use.
    public var sourcesUnusedFor: Duration
    /// Published items that count as if they were gone: what would become free without them.
    public var disregarded: Set<StoreItem> = []

    public init(dryRun: Bool = false, olderThan: Duration? = nil, sourcesUnusedFor: Duration = .seconds(30 * 86_400)) {
        self.dryRun = dryRun
        self.olderThan = olderThan
        self.sourcesUnusedFor = sourcesUnusedFor
    }
}

/// What a garbage collection removed, or would.
public struct GarbageReport: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case blob
        case partial
        case tree
        case source
    }

    public struct Item: Sendable, Hashable {
        public let kind: Kind
        /// The digest, or the name in its folder.
        public let name: String
        /// What its removal frees.
        public let bytes: Int64
    }

    public internal(set) var items: [Item] = []
    /// Published trees without a readable sidecar; what they use was kept.
    public internal(set) var broken: [BrokenTree] = []
    public var freedBytes: Int64 { items.reduce(0) { $0.addingReportingOverflow($1.bytes).partialValue } }
}
