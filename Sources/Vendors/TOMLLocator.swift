/// Finds where each key and array item of a TOML text stands. TOMLKit parses it, and gives no positions.
///
/// It follows the grammar of toml.io 1.0 just far enough to skip values, and takes the text to be valid: of a text that
/// is not, the parser's own error has the place.
struct TOMLLocator {
    private(set) var places: [TOMLPath: TOMLPlace] = [:]
    /// The first mistake that TOMLKit must not be shown.
    private(set) var trap: Trap?

    /// TOMLKit 0.6.0 aborts the process (an assertion of toml++) on a table header that does not begin with a name, and
    /// on a `}` where an array's item should be.
    struct Trap {
        let place: TOMLPlace
        let message: String
        /// The text up to it, ended by a mistake that TOMLKit reports.
        let harmless: String
    }

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    /// How many `[[path]]` headers there were, by path.
    private var tableCounts: [TOMLPath: Int] = [:]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { advance() }
        var table: TOMLPath = []
        while skipBlank() {
            if peek() == "[" {
                table = header()
            } else {
                keyValue(below: table)
            }
        }
    }

    private var place: TOMLPlace { TOMLPlace(line: line, column: index - lineStart + 1) }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    private mutating func advance() {
        guard index < scalars.count else { return }
        index += 1
        if scalars[index - 1] == "\n" {
            line += 1
            lineStart = index
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        advance()
        return true
    }

    private mutating func skipSpaces() {
        while let next = peek(), next == " " || next == "\t" { advance() }
    }

    /// Skips spaces, line ends and comments; false at the end of the text.
    private mutating func skipBlank() -> Bool {
        while let next = peek() {
            if next == "#" {
                while let inside = peek(), inside != "\n" { advance() }
            } else if " \t\r\n".unicodeScalars.contains(next) {
                advance()
            } else {
                return true
            }
        }
        return false
    }

    private mutating func note(_ path: TOMLPath, _ place: TOMLPlace) {
        // The first mention is where a table begins.
        if places[path] == nil { places[path] = place }
    }

    private mutating func noteTrap(at place: TOMLPlace, _ index: Int, _ message: String, standIn: String) {
        guard trap == nil else { return }
        let before = String(String.UnicodeScalarView(scalars[..<index]))
        trap = Trap(place: place, message: message, harmless: before + standIn)
    }

    // MARK: Headers and keys

    private mutating func header() -> TOMLPath {
        let start = place
        let startIndex = index
        advance()
        let isArray = take("[")
        skipSpaces()
        if !isAtKey, peek() != "]" {
            noteTrap(at: start, startIndex, "a table header wants a name in brackets", standIn: "[]")
        }
        let keys = dottedKey()
        _ = take("]")
        if isArray { _ = take("]") }
        var path: TOMLPath = []
        for (position, key) in keys.enumerated() {
            path.append(.key(key.text))
            note(path, start)
            let isLast = position == keys.count - 1
            if isArray, isLast {
                let count = tableCounts[path, default: 0]
                tableCounts[path] = count + 1
                path.append(.index(count))
                note(path, start)
            } else if let count = tableCounts[path] {
                path.append(.index(count - 1))
            }
        }
        return path
    }

    private mutating func keyValue(below table: TOMLPath) {
        let before = index
        var path = table
        for key in dottedKey() {
            path.append(.key(key.text))
            note(path, key.place)
        }
        skipSpaces()
        if take("=") {
            skipSpaces()
            value(at: path, depth: 0)
        }
        // An invalid text must not stop us from coming to its end.
        if index == before { advance() }
    }

    private mutating func dottedKey() -> [(text: String, place: TOMLPlace)] {
        var keys: [(text: String, place: TOMLPlace)] = []
        repeat {
            skipSpaces()
            let start = place
            keys.append((simpleKey(), start))
            skipSpaces()
        } while take(".")
        return keys
    }

    private mutating func simpleKey() -> String {
        if let quote = peek(), quote == "\"" || quote == "'" { return quoted(by: quote) }
        var text = String.UnicodeScalarView()
        while let next = peek(), Self.isBare(next) {
            text.append(next)
            advance()
        }
        return String(text)
    }

    private var isAtKey: Bool { peek().map { $0 == "\"" || $0 == "'" || Self.isBare($0) } ?? false }

    private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    // MARK: Values

    private mutating func value(at path: TOMLPath, depth: Int) {
        guard depth <= 32 else { return }
        switch peek() {
        case "[": array(at: path, depth: depth)
        case "{": inlineTable(at: path, depth: depth)
        case let quote? where quote == "\"" || quote == "'": _ = quoted(by: quote)
        default:
            while let next = peek(), !",]}#\n".unicodeScalars.contains(next) { advance() }
        }
    }

    private mutating func array(at path: TOMLPath, depth: Int) {
        advance()
        var count = 0
        while skipBlank(), !take("]") {
            if peek() == "}" { noteTrap(at: place, index, "a \"}\" stands where an array's item should", standIn: "_") }
            let before = index
            let item = path + [.index(count)]
            // 1,024: enough for any list a person writes, and a bound on the memory that a file can ask for.
            if count < 1024 { note(item, place) }
            value(at: item, depth: depth + 1)
            count += 1
            if skipBlank() { _ = take(",") }
            if index == before { return }
        }
    }

    private mutating func inlineTable(at path: TOMLPath, depth: Int) {
        advance()
        while skipBlank(), !take("}") {
            let before = index
            var member = path
            for key in dottedKey() {
                member.append(.key(key.text))
                note(member, key.place)
            }
            skipSpaces()
            if take("=") {
                skipSpaces()
                value(at: member, depth: depth + 1)
            }
            if skipBlank() { _ = take(",") }
            if index == before { return }
        }
    }

    /// Passes over a string, one line or three-quoted, and gives its text with the simple escapes undone.
    private mutating func quoted(by quote: Unicode.Scalar) -> String {
        let isLong = peek(1) == quote && peek(2) == quote
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        var text = String.UnicodeScalarView()
        while let next = peek() {
            if next == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                for _ in 0..<(isLong ? 3 : 1) { advance() }
                // Up to two quotes more belong to the text: `"""a"""""`.
                while isLong, peek() == quote { advance() }
                break
            }
            if next == "\n", !isLong { break }
            if next == "\\", quote == "\"" { advance() }
            if let kept = peek() { text.append(kept) }
            advance()
        }
        return String(text)
    }
}
