public import ArtifactTypes

/// A pattern of references that are a vendor's own, as data: `hf:{org}/{name}`, `https://{path*}.tar.gz`.
///
/// `{name}` stands for one or more characters without a slash; `{name*}` and `{locator}` for one or more of any. The
/// pattern is matched against the reference's `stem`, a URL's host in its one spelling; no vendor's code runs to decide.
public struct ReferenceForm: Sendable, Hashable, Codable, CustomStringConvertible {
    public let pattern: String
    private let pieces: [Piece]

    private enum Piece: Sendable, Hashable {
        case text(String)
        case hole(slashes: Bool)
    }

    /// Nil where a brace is left open or two placeholders touch.
    public init?(_ pattern: String) {
        var pieces: [Piece] = []
        var rest = Substring(pattern)
        while !rest.isEmpty {
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { return nil }
                let name = rest[rest.index(after: rest.startIndex)..<end]
                if name.isEmpty { return nil }
                if case .hole = pieces.last { return nil }
                pieces.append(.hole(slashes: name.hasSuffix("*") || name == "locator"))
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.firstIndex(of: "{") ?? rest.endIndex
                pieces.append(.text(String(rest[..<end])))
                rest = rest[end...]
            }
        }
        guard let first = pieces.first else { return nil }
        if case .text(let text) = first { pieces[0] = .text(Self.normalized(text, isAll: pieces.count == 1)) }
        self.pattern = pattern
        self.pieces = pieces
    }

    public var description: String { pattern }

    /// How a form's beginning is spelled in references: hosts have one spelling, whichever the pattern has.
    private static func normalized(_ text: String, isAll: Bool) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        // Where a placeholder goes on with the host, there is no whole one yet.
        let isWhole = isAll || text[scheme.upperBound...].contains("/")
        return isWhole ? ArtifactReference.normalizingAuthority(of: text, keepingUser: false) : text.lowercased()
    }

    /// Whether it takes URLs of any host.
    package var isOfAnyHost: Bool {
        guard case .text(let text) = pieces.first else { return false }
        return text.hasSuffix("://")
    }

    /// How much of the pattern is fixed text: where two vendors of one priority claim a reference, the larger wins.
    public var specificity: Int {
        pieces.reduce(0) { sum, piece in if case .text(let text) = piece { sum + text.utf8.count } else { sum } }
    }

    /// A form that begins with no fixed `prefix:` is of bare references: `{org}/{name}` takes neither `hub:org/name`
    /// nor `file:/name`.
    public func matches(_ reference: ArtifactReference) -> Bool {
        if reference.vendor != nil {
            guard case .text(let fixed) = pieces.first, fixed.contains(":") else { return false }
        }
        let stem = reference.stem
        // Who the user is there does not change whose server it is.
        let text = reference.isURL ? ArtifactReference.normalizingAuthority(of: stem, keepingUser: false) : stem
        return Self.matches(Substring(text), pieces[...])
    }

    private static func matches(_ text: Substring, _ pieces: ArraySlice<Piece>) -> Bool {
        guard let piece = pieces.first else { return text.isEmpty }
        let rest = pieces.dropFirst()
        switch piece {
        case .text(let fixed):
            return text.hasPrefix(fixed) && matches(text.dropFirst(fixed.count), rest)
        case .hole(let slashes):
            var end = text.startIndex
            while end < text.endIndex, slashes || text[end] != "/" {
                end = text.index(after: end)
                if matches(text[end...], rest) { return true }
            }
            return false
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let form = ReferenceForm(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a reference form: \(text)")
        }
        self = form
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(pattern)
    }
}
