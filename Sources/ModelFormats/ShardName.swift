public import ArtifactTypes

/// A file's name as a member of a set: `NAME-00002-of-00005.gguf`.
public struct ShardName: Sendable, Hashable {
    /// The path up to the number, without the dash; the same for all of a set.
    public let stem: String
    /// From 1 to `count`.
    public let index: Int
    public let count: Int
    /// With its dot, as `.gguf`.
    public let suffix: String

    /// Nil for a path that names no shard.
    public init?(_ path: RelativePath) {
        self.init(path.string)
    }

    /// Nil for a path that names no shard.
    public init?(_ path: String) {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
        let parts = path[..<dot].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of",
            let index = Self.number(parts[parts.count - 3]), let count = Self.number(parts[parts.count - 1]),
            index >= 1, index <= count
        else { return nil }
        stem = parts.dropLast(3).joined(separator: "-")
        self.index = index
        self.count = count
        suffix = String(path[dot...])
    }

    /// Five digits, as everyone writes them; nothing has more than 99,999 shards.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.count == 5, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Whether both are shards of one set.
    public func isSameSet(as other: ShardName) -> Bool {
        stem == other.stem && count == other.count && suffix == other.suffix
    }

    /// Whether a file is the encoder of a vision model, by its name.
    public static func isProjector(_ path: RelativePath) -> Bool { path.isProjector }

    /// The path of another member of the set.
    public func path(index: Int) -> String {
        "\(stem)-\(Self.padded(index))-of-\(Self.padded(count))\(suffix)"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
