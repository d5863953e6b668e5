import ArtifactTypes

/// What a file of checksums says: lines of `sha256sum` and `shasum`, of BSD's `SHA256 (name) = …`, or one digest alone.
struct ChecksumFile: Sendable {
    /// The longest that is read, in bytes.
    static let maximumBytes = 8 << 20
    private static let ownSuffixes = [".sha256", ".sha256sum", ".sha256.txt", ".sha512", ".sha512sum", ".sha512.txt"]
    private static let sideSuffixes = [
        ".asc", ".sig", ".minisig", ".sigstore", ".sigstore.json", ".pem", ".crt", ".cert", ".intoto.jsonl",
        ".spdx.json", ".cdx.json", ".sbom", ".sbom.json", ".md5", ".sha1", ".b2", ".b3",
    ]

    private let lines: [(digest: Digest, name: String?)]
    /// Whether it has no line that is understood, and is not what servers give for a file that they do not have: nothing, a
    /// page or a JSON object.
    let isIllegible: Bool

    init(_ bytes: [UInt8]) {
        let text = Self.text(bytes)
        lines = text.split(whereSeparator: \.isNewline).compactMap(Self.line)
        let first = text.first { !$0.isWhitespace }
        isIllegible = lines.isEmpty && first.map { !"<{".contains($0) } ?? false
    }

    /// Windows puts a byte order mark in front, and its PowerShell writes UTF-16 with `>`.
    private static func text(_ bytes: [UInt8]) -> Substring {
        let text =
            switch bytes.prefix(2) {
            case [0xFF, 0xFE]: utf16(bytes, high: 1)
            case [0xFE, 0xFF]: utf16(bytes, high: 0)
            default: String(decoding: bytes, as: UTF8.self)
            }
        return text.drop { $0 == "\u{FEFF}" }
    }

    /// - Parameter high: which byte of two is the higher one.
    private static func utf16(_ bytes: [UInt8], high: Int) -> String {
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            UInt16(bytes[index + high]) << 8 | UInt16(bytes[index + 1 - high])
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// The names that it tells of.
    var names: [String] { lines.compactMap(\.name) }

    /// The digests that stand beside a name. A digest without a name counts where the whole file is about one asset.
    func digests(of name: String, isOwn: Bool) -> Set<Digest> {
        let named = lines.filter { $0.name == name }
        if named.isEmpty, isOwn, lines.count == 1 { return Set(lines.map(\.digest)) }
        return Set(named.map(\.digest))
    }

    private static func line(_ text: Substring) -> (digest: Digest, name: String?)? {
        // coreutils puts a backslash before a line whose path has an escaped character; no file of ours has such a name.
        let text = text.hasPrefix("\\") ? text.dropFirst() : text
        let words = text.split(separator: " ", maxSplits: 1).map(trimmed)
        guard let first = words.first else { return nil }
        if let digest = digest(first) {
            guard words.count == 2 else { return (digest, nil) }
            // An asterisk before the name says that it was read as binary.
            return (digest, words[1].hasPrefix("*") ? fileName(words[1].dropFirst()) : fileName(words[1][...]))
        }
        guard ["sha256", "sha512"].contains(first.lowercased()), words.count == 2, words[1].hasPrefix("("),
            let end = words[1].firstRange(of: ") = "), let digest = digest(String(words[1][end.upperBound...]))
        else { return nil }
        return (digest, fileName(words[1][..<end.lowerBound].dropFirst()))
    }

    private static func digest(_ text: String) -> Digest? {
        Digest(.sha256, hex: text.lowercased()) ?? Digest(.sha512, hex: text.lowercased())
    }

    private static func fileName(_ path: Substring) -> String {
        String(path.split(separator: "/").last ?? path)
    }

    private static func trimmed(_ text: Substring) -> String {
        let front = text.drop(while: \.isWhitespace)
        return String(front.reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension ChecksumFile {
    /// Of the files of a release, those that can say what `name` is: its own before those of them all.
    static func places(for name: String, among names: [String]) -> [FileEvidence.Place] {
        let own = ownSuffixes.compactMap { suffix in names.first { $0.lowercased() == name.lowercased() + suffix } }
        let shared = names.filter { candidate in
            isOfMany(candidate) && !names.contains { other in isOwn(candidate, of: other) }
        }
        return own.map { .init(name: $0, isOwn: true) } + shared.prefix(4).map { .init(name: $0, isOwn: false) }
    }

    /// Whether a file of a release tells something of the others and is none that anyone installs.
    static func isSideFile(_ name: String) -> Bool {
        let lower = name.lowercased()
        return isOfMany(name) || (ownSuffixes + sideSuffixes).contains { lower.hasSuffix($0) }
    }

    private static func isOwn(_ name: String, of other: String) -> Bool {
        ownSuffixes.contains { name.lowercased() == other.lowercased() + $0 }
    }

    private static func isOfMany(_ name: String) -> Bool {
        let lower = name.lowercased()
        return ["sha256sum", "sha512sum", "checksum"].contains { lower.contains($0) }
            && !sideSuffixes.contains { lower.hasSuffix($0) }
    }
}
