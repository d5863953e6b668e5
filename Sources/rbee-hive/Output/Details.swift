import ArtifactCatalog
import ArtifactTypes
import Foundation

/// A catalog entry for a person: `key: value` lines of the same JSON that `--json` prints, without what is absent. Text
/// of several lines stands below its key, as in YAML.
enum Details {
    static func text(of entry: some Encodable) throws -> String {
        let data = Data(try JSONOutput.line(entry).utf8)
        let value = try JSONDecoder().decode(JSONValue.self, from: data)
        return lines(value, indent: "").joined(separator: "\n")
    }

    private static func lines(_ value: JSONValue, indent: String) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
            let name = key.visiblyEscaped
            switch value {
            case .null: return []
            case .object(let inner) where inner.isEmpty: return []
            case .object: return ["\(indent)\(name):"] + lines(value, indent: indent + "  ")
            case .array(let items) where items.isEmpty: return []
            case .array(let items):
                return ["\(indent)\(name):"] + items.map { "\(indent)  - \(scalar($0))" }
            case .string(let text) where text.contains("\n"):
                let block = text.split(separator: "\n", omittingEmptySubsequences: false)
                return ["\(indent)\(name): |"]
                    + (block.last == "" ? block.dropLast() : block).map { "\(indent)  \(String($0).visiblyEscaped)" }
            default: return ["\(indent)\(name): \(scalar(value))"]
            }
        }
    }

    private static func scalar(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value.visiblyEscaped
        case .array(let items): items.map(scalar).joined(separator: ", ")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key): \(scalar($0.value))" }.joined(separator: ", ")
        }
    }
}
