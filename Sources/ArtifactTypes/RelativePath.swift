/// A path that stays below the folder it is applied to. Every path from outside becomes one before any use.
///
/// It cannot be empty or absolute, has no `.`, `..` or empty component, no backslash, drive letter, NUL or control
/// character, no invisible direction mark, no component over 255 bytes and no more than 1,024 bytes in all.
public struct RelativePath: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// Why a text is not a relative path.
    public struct Invalid: Error, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String
        public var description: String { "unsafe path \(text.visiblyEscaped): \(reason)" }
    }

    public let string: String

    /// - Throws: `Invalid`, naming the first rule that `text` breaks.
    public init(_ text: String) throws(Invalid) {
        if let reason = Self.objection(to: text) { throw Invalid(text: text, reason: reason) }
        string = text
    }

    public var components: [String] { string.split(separator: "/").map(String.init) }
    public var lastComponent: String {
        String(string[(string.lastIndex(of: "/").map(string.index(after:)) ?? string.startIndex)...])
    }
    /// The path of the containing folder; nil for a single component.
    public var parent: RelativePath? {
        guard let slash = string.lastIndex(of: "/") else { return nil }
        return RelativePath(checked: String(string[..<slash]))
    }
    public var description: String { string }

    /// The path with its first `count` components taken off; nil where no more than that many are there.
    public func dropping(first count: Int) -> RelativePath? {
        let rest = components.dropFirst(count)
        return rest.isEmpty ? nil : RelativePath(checked: rest.joined(separator: "/"))
    }

    public func appending(_ other: RelativePath) throws(Invalid) -> RelativePath {
        try RelativePath(string + "/" + other.string)
    }

    public static func < (left: RelativePath, right: RelativePath) -> Bool { left.string < right.string }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try RelativePath(container.decode(String.self))
        } catch let invalid as Invalid {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: invalid.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(string)
    }

    private init(checked: String) {
        string = checked
    }

    private static func objection(to text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > 1024 { return "it is longer than 1,024 bytes" }
        if text.hasPrefix("/") { return "it is absolute" }
        for scalar in text.unicodeScalars {
            if scalar == "\\" { return "it has a backslash" }
            if scalar.isControlOrInvisible { return "it has a control or invisible character" }
            if scalar == "\u{FFFD}" { return "it is not valid UTF-8" }
        }
        let head = text.utf8.prefix(2)
        if head.count == 2, head.last == UInt8(ascii: ":"), text.unicodeScalars.first?.properties.isAlphabetic == true {
            return "it begins with a drive letter"
        }
        for component in text.split(separator: "/", omittingEmptySubsequences: false) {
            if component.isEmpty { return "it has an empty component" }
            if component == "." || component == ".." { return "it has a \(component) component" }
            if component.utf8.count > 255 { return "a component is longer than 255 bytes" }
        }
        return nil
    }
}

extension Unicode.Scalar {
    /// Control characters and the marks that reorder or hide text on a terminal.
    public var isControlOrInvisible: Bool {
        // ASCII needs no table, and every path of an archive of 50,000 comes by here several times.
        if isASCII { return value < 0x20 || value == 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}

extension String {
    /// The text with control and direction characters written as escapes, fit for a terminal.
    public var visiblyEscaped: String {
        // Printable ASCII, which nearly all text is: its categories need not be looked up.
        if utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isControlOrInvisible {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
