/// What is wrong with a vendors.d file, and where.
public struct VendorFileError: Error, Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// Counted from 1.
    public let line: Int
    /// In characters, counted from 1.
    public let column: Int
    public let message: String
    /// The known word that was probably meant.
    public let suggestion: String?

    public init(file: String, line: Int, column: Int, message: String, suggestion: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
    }

    /// `FILE:LINE:COLUMN: MESSAGE; did you mean "…"?`
    public var description: String {
        let hint = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
        return "\(file):\(line):\(column): \(message)\(hint)"
    }
}

extension VendorFileError: Encodable {
    private enum Key: String, CodingKey {
        case line, column, message, suggestion
    }

    /// `{line, column, message, suggestion}`: the file stands in the vendor's entry.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(line, forKey: .line)
        try container.encode(column, forKey: .column)
        try container.encode(message, forKey: .message)
        try container.encode(suggestion, forKey: .suggestion)
    }
}
