import Foundation

/// Values as JSON: catalog entries, reports and events alike, on one line or over several.
enum JSONOutput {
    static func line(_ value: some Encodable) throws -> String {
        try text(value, formatting: [.sortedKeys, .withoutEscapingSlashes])
    }

    static func pretty(_ value: some Encodable) throws -> String {
        try closingEmpty(text(value, formatting: [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]))
    }

    /// The encoder spreads an empty array or object over three lines. No text in it can have a line break of its own.
    private static func closingEmpty(_ json: String) -> String {
        var lines: [Substring] = []
        for line in json.split(separator: "\n", omittingEmptySubsequences: false) {
            let closing = line.drop { $0 == " " }
            if lines.count >= 2, lines[lines.count - 1].isEmpty, let open = lines[lines.count - 2].last,
                (open == "[" && closing.first == "]") || (open == "{" && closing.first == "}")
            {
                lines.removeLast()
                lines[lines.count - 1] += closing
            } else {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ value: some Encodable, formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
