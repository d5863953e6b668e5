import Provisioning

/// Which of two releases of a project is the older one.
enum ReleaseOrder: Sendable {
    case older
    case same
    case newer

    /// Compares two tags as a person would: the first number in which they differ decides, `1.2` comes before `1.2.1`,
    /// and `1.2-rc` before `1.2`. Nil where the difference is in words.
    static func of(_ tag: String, to other: String) -> ReleaseOrder? {
        var (left, right) = (pieces(tag)[...], pieces(other)[...])
        while let first = left.first, first == right.first {
            left.removeFirst()
            right.removeFirst()
        }
        switch (left.first, right.first) {
        case (nil, nil): return .same
        case (nil, let rest?): return isPreRelease(rest) ? .newer : .older
        case (let rest?, nil): return isPreRelease(rest) ? .older : .newer
        case (let first?, let second?):
            guard let first = number(first), let second = number(second) else { return nil }
            return (first.count, first) < (second.count, second) ? .older : .newer
        }
    }

    /// Digits and what is between them, in lower case, without the `v` of a version.
    private static func pieces(_ tag: String) -> [String] {
        var pieces: [String] = []
        var wasDigit: Bool?
        for character in tag.lowercased() {
            if isDigit(character) == wasDigit {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            wasDigit = isDigit(character)
        }
        return pieces.first == "v" ? Array(pieces.dropFirst()) : pieces
    }

    /// Without zeros before it, so that of two the longer is the larger.
    private static func number(_ piece: String) -> String? {
        guard let first = piece.first, isDigit(first) else { return nil }
        return String(piece.drop { $0 == "0" })
    }

    private static func isPreRelease(_ piece: String) -> Bool { piece.hasPrefix("-") }

    /// Whose versions stand behind their names in those of archives, and are not the archive's own.
    private static let platforms: Set = [
        "alpine", "cuda", "debian", "fedora", "glibc", "macos", "musl", "python", "rhel", "rocm", "ubuntu",
    ]

    /// The versions that a name tells, as `1.2.0` of `tool-v1.2.0-ubuntu-22.04`: at least two numbers, not part of a word.
    static func versions(in name: String) -> [String] {
        var versions: [String] = []
        var before = ""
        for word in name.split(whereSeparator: { !isDigit($0) && !$0.isLetter && $0 != "." }) {
            defer { before = word.lowercased() }
            if platforms.contains(before) { continue }
            let digits = word.first == "v" || word.first == "V" ? word.dropFirst() : word
            let version = digits.split(separator: ".").prefix { $0.allSatisfy(isDigit) }
            if digits.first.map(isDigit) == true, version.count >= 2 { versions.append(version.joined(separator: ".")) }
        }
        return versions
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
