/// What of a repository is meant.
public enum GitRevision: Sendable, Hashable {
    /// What the repository's HEAD is at.
    case head
    case branch(String)
    case tag(String)
    /// By its full id, 40 lower-case hexadecimal digits.
    case commit(String)
    /// A branch or else a tag.
    case named(String)

    /// The prefixes of the refs that decide.
    public var prefixes: [String] {
        switch self {
        case .head: ["HEAD"]
        case .branch(let name): ["refs/heads/\(name)"]
        case .tag(let name): ["refs/tags/\(name)"]
        case .named(let name): ["refs/heads/\(name)", "refs/tags/\(name)"]
        case .commit: []
        }
    }

    /// Whether `text` is a full commit id.
    public static func isCommit(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 40
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Whether `name` may be a branch's or tag's (git-check-ref-format(1)).
    public static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 1024, !name.hasPrefix("-"), !name.hasSuffix("."), name != "@" else {
            return false
        }
        if name.contains("..") || name.contains("@{") { return false }
        if name.unicodeScalars.contains(where: {
            $0.value <= 32 || $0.value == 127 || "~^:?*[\\".unicodeScalars.contains($0)
        }) {
            return false
        }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
        }
    }
}

extension GitRevision: CustomStringConvertible {
    public var description: String {
        switch self {
        case .head: "HEAD"
        case .branch(let name): "branch \(name)"
        case .tag(let name): "tag \(name)"
        case .named(let name): "branch or tag \(name)"
        case .commit(let id): "commit \(id)"
        }
    }
}

/// What a repository's refs point at.
public struct GitReferences: Sendable, Hashable {
    public struct Reference: Sendable, Hashable {
        /// In full, as `refs/heads/main`.
        public var name: String
        /// The commit; of an annotated tag, what it points at.
        public var commit: String
        /// For a symbolic ref (HEAD): the ref that it stands for.
        public var target: String?
        /// Of an annotated tag, the tag itself.
        public var object: String?

        public init(name: String, commit: String, target: String? = nil, object: String? = nil) {
            self.name = name
            self.commit = commit
            self.target = target
            self.object = object
        }
    }

    public var all: [Reference]

    public init(_ all: [Reference] = []) {
        self.all = all
    }

    public subscript(name: String) -> Reference? { all.first { $0.name == name } }

    /// The ref that `revision` means and its commit; nil where there is none. A branch comes before a tag.
    public func find(_ revision: GitRevision) -> (ref: String?, commit: String)? {
        if case .commit(let id) = revision { return (nil, id) }
        for name in revision.prefixes {
            if let found = self[name] { return (found.target ?? found.name, found.commit) }
        }
        return nil
    }

    /// The tag at exactly `commit`; of several the one that reads as the highest version.
    public func tag(at commit: String) -> String? {
        all.filter { $0.commit == commit && $0.name.hasPrefix("refs/tags/") }
            .map { String($0.name.dropFirst("refs/tags/".count)) }
            .max { Self.versionOrder($0, $1) }
    }

    /// Up to `count` short names, those most like `name` first: for a message that says what there is.
    public func names(like name: String, count: Int = 5) -> [String] {
        let names = all.compactMap { reference -> String? in
            for prefix in ["refs/heads/", "refs/tags/"] where reference.name.hasPrefix(prefix) {
                return String(reference.name.dropFirst(prefix.count))
            }
            return nil
        }
        let wanted = name.lowercased()
        return Array(
            names.map { (likeness: Self.likeness($0.lowercased(), wanted), name: $0) }
                .sorted { ($1.likeness, $0.name) < ($0.likeness, $1.name) }
                .prefix(count).map(\.name))
    }

    /// Common letters at the start and end, and containment before all.
    private static func likeness(_ name: String, _ wanted: String) -> Int {
        let start = zip(name, wanted).prefix { $0 == $1 }.count
        let end = zip(name.reversed(), wanted.reversed()).prefix { $0 == $1 }.count
        return start + end + (name.contains(wanted) || wanted.contains(name) ? 100 : 0)
    }

    /// Runs of digits compare as numbers: `v0.9` comes before `v0.10`.
    private static func versionOrder(_ left: String, _ right: String) -> Bool {
        func pieces(_ text: String) -> [(number: String?, text: String)] {
            var result: [(number: String?, text: String)] = []
            for character in text {
                let isDigit = character.isASCII && character.isNumber
                if isDigit, let last = result.last, let number = last.number {
                    result[result.count - 1].number = number + String(character)
                } else {
                    result.append(isDigit ? (String(character), "") : (nil, String(character)))
                }
            }
            return result
        }
        for (one, other) in zip(pieces(left), pieces(right)) {
            if let first = one.number?.trimmingZeros, let second = other.number?.trimmingZeros {
                if first != second { return (first.count, first) < (second.count, second) }
            } else if one.text != other.text {
                return one.text < other.text
            }
        }
        return left.count < right.count
    }
}

extension String {
    fileprivate var trimmingZeros: String { String(drop { $0 == "0" }) }
}
