import ArtifactTypes

/// A set of files by patterns: what any of `include` matches (everything where there is none), less what any of
/// `exclude` matches.
///
/// It is spelled as a selector, `{*.json,!vocab.*}`: sorted, each pattern once. So a set has one spelling, and models of
/// different sets have different ids.
public struct PathFilter: Sendable, Hashable {
    public let include: [PathPattern]
    public let exclude: [PathPattern]

    /// - Throws: `.invalidPattern` for a pattern that is empty or has a character that the spelling needs.
    public init(include: [String], exclude: [String]) throws(ModelSelectionError) {
        for pattern in include + exclude {
            if let reason = Self.objection(to: pattern) {
                throw ModelSelectionError(
                    .invalidPattern, "the pattern \"\(pattern.visiblyEscaped)\" \(reason); write ? in its place")
            }
        }
        self.include = Set(include.map(PathPattern.init)).sorted()
        self.exclude = Set(exclude.map(PathPattern.init)).sorted()
    }

    /// A selector as a set of files; nil for one that is spelled otherwise.
    ///
    /// - Throws: `.invalidPattern` where the braces hold no patterns.
    public init?(selector: String) throws(ModelSelectionError) {
        guard selector.hasPrefix("{"), selector.hasSuffix("}"), selector.count >= 2 else { return nil }
        let items = selector.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
        try self.init(
            include: items.filter { !$0.hasPrefix("!") }.map(String.init),
            exclude: items.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
    }

    public var selector: String {
        "{\((include.map(\.text) + exclude.map { "!" + $0.text }).joined(separator: ","))}"
    }

    private static func objection(to pattern: String) -> String? {
        if pattern.isEmpty { return "is empty" }
        if pattern.hasPrefix("!") { return "begins with \"!\"" }
        return pattern.first { "{},:#\\ ".contains($0) }.map { "has a \"\($0)\"" }
    }

    func selects(_ path: RelativePath) -> Bool {
        (include.isEmpty || include.contains { $0.matches(path.string) })
            && !exclude.contains { $0.matches(path.string) }
    }

    /// Whether a pattern says itself that it wants pickles, as `*.bin` or a file's name do, and `*` does not.
    func namesPickle(_ path: RelativePath) -> Bool {
        include.contains { pattern in
            RelativePath.hasPickleSuffix(pattern.text.lowercased()) && pattern.matches(path.string)
        }
    }
}
