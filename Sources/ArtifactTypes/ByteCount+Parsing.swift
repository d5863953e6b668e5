extension ByteCount {
    /// A size as people write it: `4096`, `500G`, `1.5 TB`, `512MiB`. The letter's case does not matter; units are
    /// powers of 1,000, with an `i` powers of 1,024.
    ///
    /// Nil for anything else, and for what 63 bits do not hold.
    public init?(parsing text: some StringProtocol) {
        guard let (number, unit) = splitQuantity(text) else { return nil }
        var letters = Substring(unit.lowercased())
        if letters.hasSuffix("b") { letters.removeLast() }
        let base: Double = letters.hasSuffix("i") ? 1024 : 1000
        if letters.count > 1, base == 1024 { letters.removeLast() }
        guard let power = ["", "k", "m", "g", "t", "p"].firstIndex(of: letters) else { return nil }
        var value = number
        for _ in 0..<power { value *= base }
        guard value < 0x1p63 else { return nil }
        self.init(Int64(value))
    }
}

extension Duration {
    /// A time as people write it, one number and its unit: `45s`, `90m`, `12h`, `30d`, `2w`.
    ///
    /// Nil for anything else, a number without unit too, and for more than 10,000 years.
    public init?(parsing text: some StringProtocol) {
        let units = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let (number, unit) = splitQuantity(text), let seconds = units[unit.lowercased()],
            number * seconds < 3.2e11
        else { return nil }
        self = .seconds(number * seconds)
    }
}

/// A number in decimal digits, with a point at most, and the unit after it.
private func splitQuantity(_ text: some StringProtocol) -> (number: Double, unit: String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard digits.first?.isNumber ?? false, digits.last != ".", let number = Double(String(digits)) else { return nil }
    return (number, String(text.dropFirst(digits.count).drop { $0 == " " }))
}
