extension ByteCount {
    /// A number as people type it: `800`, `20M`, `1.5G`, with `k`, `M`, `G` or `T` for powers of 1,000, in any case and
    /// with or without a `B` after it.
    ///
    /// Nil for anything else, a negative number, or more than 2^63 bytes.
    public init?(parsing text: String) {
        var digits = Substring(text.lowercased())
        if digits.hasSuffix("b") { digits = digits.dropLast() }
        var scale: Double = 1
        if let unit = digits.last, let power = ["k", "m", "g", "t"].firstIndex(of: String(unit)) {
            digits = digits.dropLast()
            for _ in 0...power { scale *= 1000 }
        }
        let isPlain = digits.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
        guard isPlain, digits.first != ".", digits.last != ".", let number = Double(digits),
            let bytes = Int64(exactly: (number * scale).rounded())
        else { return nil }
        self.init(bytes)
    }
}
