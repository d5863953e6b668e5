/// A pattern of repository paths: `*` and `?` stand for characters of one component, `**` for any, `**/` for any folders
/// or none. Upper and lower case differ.
///
/// A pattern without `/` is matched against a file's name, in whatever folder it lies; one that ends in `/` stands for
/// all of a folder.
public struct PathPattern: Sendable, Hashable, Comparable {
    public let text: String
    private let tokens: [Token]
    private let isOfName: Bool

    private enum Token: Sendable, Hashable {
        case character(Character)
        case any
        /// `*`
        case run
        /// `**`
        case everything
        /// `**/` where a component begins.
        case folders

        var canBeEmpty: Bool {
            switch self {
            case .run, .everything, .folders: true
            case .character, .any: false
            }
        }
    }

    public init(_ text: String) {
        self.text = text.hasSuffix("/") ? text + "**" : text
        tokens = Self.tokens(self.text)
        isOfName = !self.text.contains("/")
    }

    private static func tokens(_ text: String) -> [Token] {
        var rest = Substring(text)
        var tokens: [Token] = []
        while let character = rest.popFirst() {
            switch character {
            case "?": tokens.append(.any)
            case "*":
                guard rest.first == "*" else {
                    tokens.append(.run)
                    continue
                }
                rest = rest.drop { $0 == "*" }
                let isAtStart = tokens.isEmpty || tokens.last == .character("/")
                if isAtStart, rest.first == "/" {
                    rest = rest.dropFirst()
                    tokens.append(.folders)
                } else {
                    tokens.append(.everything)
                }
            default: tokens.append(.character(character))
            }
        }
        return tokens
    }

    public static func < (left: PathPattern, right: PathPattern) -> Bool { left.text < right.text }

    /// Follows all ways at once, so that the time is at most the product of both lengths, whatever the pattern.
    public func matches(_ path: String) -> Bool {
        let subject =
            isOfName ? path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...] : path[...]
        var ways = Ways(count: tokens.count)
        enter(0, &ways)
        for character in subject {
            var next = Ways(count: tokens.count)
            for index in tokens.indices where ways.isOpen[index] {
                switch tokens[index] {
                case .character(let wanted): if character == wanted { enter(index + 1, &next) }
                case .any: if character != "/" { enter(index + 1, &next) }
                case .run: if character != "/" { enter(index, &next) }
                case .everything: enter(index, &next)
                case .folders:
                    // What follows may begin only where a component does.
                    next.isOpen[index] = true
                    if character == "/" { enter(index + 1, &next) }
                }
            }
            ways = next
        }
        return ways.isOpen[tokens.count]
    }

    /// The tokens that may take the next character; the last place is the end of the pattern.
    private struct Ways {
        var isOpen: [Bool]

        init(count: Int) {
            isOpen = [Bool](repeating: false, count: count + 1)
        }
    }

    private func enter(_ index: Int, _ ways: inout Ways) {
        var index = index
        ways.isOpen[index] = true
        while index < tokens.count, tokens[index].canBeEmpty {
            index += 1
            ways.isOpen[index] = true
        }
    }
}
