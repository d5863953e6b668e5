import ArtifactTypes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
        // Three: percent-encoded it takes as many bytes for one.
        reserve = 1 + 3 * (secrets.map { $0.reveal().utf8.count }.max() ?? 0)
    }

    /// The lines that end in `bytes`.
    mutating func split(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            // memchr, for a flood of gigabytes must not cost a core for minutes.
            while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count)
            {
                let length = UnsafeRawPointer(end) - start
                keep(rest.prefix(length))
                lines.append(take())
                rest = rest.dropFirst(length + 1)
            }
            keep(rest)
        }
        return lines
    }

    /// A last line that had no line break; nil where there is none.
    mutating func finish() -> String? { line.isEmpty ? nil : take() }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
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
