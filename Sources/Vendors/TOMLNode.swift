import ArtifactTypes
import TOMLKit

/// A TOML value as a value type. TOMLKit's own are references into C++ and not Sendable.
indirect enum TOMLNode: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case array([TOMLNode])
    case table([String: TOMLNode])
    /// A kind that no key of a vendors.d file takes, by its name.
    case other(String)

    /// The value's kind, as error messages name it.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "true or false"
        case .array: "an array"
        case .table: "a table"
        case .other(let name): "a \(name)"
        }
    }
}

/// A step on the way to a value: a table's key or an array's index.
enum TOMLStep: Sendable, Hashable {
    case key(String)
    case index(Int)
}

typealias TOMLPath = [TOMLStep]

struct TOMLPlace: Sendable, Hashable, Comparable {
    let line: Int
    let column: Int

    static let start = TOMLPlace(line: 1, column: 1)

    static func < (left: TOMLPlace, right: TOMLPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A parsed TOML text and where in it everything stands.
struct TOMLDocument: Sendable {
    struct SyntaxError: Error {
        let place: TOMLPlace
        let message: String
    }

    let root: [String: TOMLNode]
    private let places: [TOMLPath: TOMLPlace]

    init(parsing text: String) throws(SyntaxError) {
        // TOMLKit hands the text over as a C string, which would end here.
        if let zero = text.utf8.firstIndex(of: 0) {
            let line = text.utf8[..<zero].count { $0 == UInt8(ascii: "\n") } + 1
            throw SyntaxError(place: TOMLPlace(line: line, column: 1), message: "the file has a NUL character")
        }
        let locator = TOMLLocator(text)
        places = locator.places
        if let trap = locator.trap {
            // An earlier mistake is the one to report, and the cause of what comes after it.
            do throws(SyntaxError) {
                _ = try Self.parse(trap.harmless)
            } catch {
                if error.place < trap.place { throw error }
            }
            throw SyntaxError(place: trap.place, message: "not TOML: \(trap.message)")
        }
        let table = try Self.parse(text)
        root = try Self.members(of: table, depth: 0)
    }

    private static func parse(_ text: String) throws(SyntaxError) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let place = TOMLPlace(line: error.source.begin.line, column: error.source.begin.column)
            throw SyntaxError(place: place, message: "not TOML: \(error.description.visiblyEscaped)")
        } catch {
            throw SyntaxError(place: .start, message: "not TOML: \(error)")
        }
    }

    /// Where the value at `path` stands; of one that is not there, where its nearest container does.
    func place(of path: TOMLPath) -> TOMLPlace {
        var path = path[...]
        while !path.isEmpty {
            if let place = places[Array(path)] { return place }
            path.removeLast()
        }
        return .start
    }

    /// Where the value at `path` stands; nil where it does not stand in the text.
    func exactPlace(of path: TOMLPath) -> TOMLPlace? { places[path] }

    private static func members(of table: TOMLTable, depth: Int) throws(SyntaxError) -> [String: TOMLNode] {
        var members: [String: TOMLNode] = [:]
        for key in table.keys {
            // A key with an escaped NUL is cut short on its way out of C++ and names nothing.
            guard let value = table[key] else {
                throw SyntaxError(place: .start, message: "a key has a NUL character")
            }
            members[key] = try node(value, depth: depth + 1)
        }
        return members
    }

    private static func node(_ value: any TOMLValueConvertible, depth: Int) throws(SyntaxError) -> TOMLNode {
        // 32: the deepest that any module's options go is five.
        guard depth <= 32 else { throw SyntaxError(place: .start, message: "the values are nested too deep") }
        if let string = value.string { return .string(string) }
        if let integer = value.int { return .integer(integer) }
        if let boolean = value.bool { return .boolean(boolean) }
        if let table = value.table { return .table(try members(of: table, depth: depth)) }
        guard let array = value.array else { return .other(value.type.description) }
        var items: [TOMLNode] = []
        for item in array { items.append(try node(item, depth: depth + 1)) }
        return .array(items)
    }
}
