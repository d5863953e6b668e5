import ArtifactTypes

/// Cuts a stream into lines of bounded length, each without its secrets.
struct LineSplitter: Sendable {
    private let limit: Int
    private let secrets: [Secret]
    /// A secret across the cut would show its beginning, so it is redacted before the line is cut; and one byte more, to
    /// know that there is something to cut.
    private let reserve: Int
    private var line: [UInt8] = []

    init(limit: Int, secrets: [Secret]) {
        self.limit = limit
        self.secrets = secrets
        reserve = 1 + (secrets.map { $0.reveal().utf8.count }.max() ?? 0)
    }

    /// The lines that end in `bytes`.
    mutating func split(_ bytes: some Collection<UInt8>) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            lines.append(take())
            rest = rest[rest.index(after: end)...]
        }
        keep(rest)
        return lines
    }

    /// A last line that had no line break; nil where there is none.
    mutating func finish() -> String? { line.isEmpty ? nil : take() }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        line += bytes.prefix(max(0, limit + reserve - line.count))
    }

    private mutating func take() -> String {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let text = secrets.reduce(String(decoding: line, as: UTF8.self)) { $1.redacted(from: $0) }
        line.removeAll(keepingCapacity: true)
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
