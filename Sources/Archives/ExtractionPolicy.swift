/// What an archive may contain, and how its names become names on disk.
public struct ExtractionPolicy: Sendable, Hashable {
    public enum Strip: Sendable, Hashable {
        case none
        /// Takes this many leading components off every name; an entry with no more than that many is passed over.
        case components(Int)
        /// Takes a folder off that holds all there is, if there is one.
        case singleTopFolder
    }

    /// The most bytes that all files may have together, holes included.
    public var maximumBytes: Int64
    /// The most entries, folders that are only implied included.
    public var maximumEntries: Int
    /// How many times larger than the archive its content may be; content of less than `ratioFloor` may be anyway.
    public var maximumRatio: Int64
    /// In bytes.
    public var ratioFloor: Int64
    /// The most components that a name may have.
    public var maximumDepth: Int
    public var strip: Strip
    /// Links that stay inside the folder are made; false refuses any link.
    public var allowsLinks: Bool

    public init(
        maximumBytes: Int64 = 64 << 30, maximumEntries: Int = 250_000, maximumRatio: Int64 = 200,
        ratioFloor: Int64 = 16 << 20, maximumDepth: Int = 64, strip: Strip = .none, allowsLinks: Bool = true
    ) {
        self.maximumBytes = maximumBytes
        self.maximumEntries = maximumEntries
        self.maximumRatio = maximumRatio
        self.ratioFloor = ratioFloor
        self.maximumDepth = maximumDepth
        self.strip = strip
        self.allowsLinks = allowsLinks
    }
}
