/// How much room text takes on a terminal. Names come from outside and may be in any script.
extension String {
    /// How many columns the text takes. ASCII, which nearly all of it is, needs no look at graphemes: they took half a
    /// second of a list of 10,000 models.
    var columns: Int {
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : reduce(0) { $0 + $1.columns }
    }

    /// The text in at most so many columns, its end left off.
    func cut(to columns: Int) -> String {
        guard self.columns > columns else { return self }
        return prefix(columns: columns - 1) + (columns > 0 ? "…" : "")
    }

    /// The text in at most so many columns, its beginning left off: of a path the end tells more.
    func cutFront(to columns: Int) -> String {
        guard self.columns > columns else { return self }
        return (columns > 0 ? "…" : "") + String(String(reversed()).prefix(columns: columns - 1).reversed())
    }

    /// The text followed by as many spaces as fill the columns.
    func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - self.columns))
    }

    private func prefix(columns: Int) -> String {
        var text = ""
        var room = columns
        for character in self {
            room -= character.columns
            if room < 0 { break }
            text.append(character)
        }
        return text
    }
}

extension Character {
    /// Two for what East Asian scripts and emoji take, else one (Unicode Standard Annex 11, in its rough outline).
    fileprivate var columns: Int {
        guard let value = unicodeScalars.first?.value, value >= 0x1100 else { return 1 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(value) } ? 2 : 1
    }
}
