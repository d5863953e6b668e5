import ArtifactTypes

/// The lines that show a transfer on a terminal: one bar a file that moves, and the total with rate and time left.
///
/// No line is wider than the terminal, from 40 columns on: names give way from their front, then bars go, then figures.
struct TransferBars {
    let tally: TransferTally
    /// In columns.
    let width: Int
    let colours: Bool

    /// More bars than this say less.
    private static let mostBars = 6
    private static let shortestBar = 8
    private static let widestName = 40

    func lines() -> [String] {
        guard !tally.active.isEmpty else { return [] }
        let files = tally.active.suffix(Self.mostBars)
        let names = Self.names(of: files.map(\.path.visiblyEscaped))
        let figures = files.map { Self.figures($0.received, $0.total) }
        let figureWidth = figures.map(\.columns).max() ?? 0
        // One column stays free: a terminal may break the line behind its last one.
        let room = width - 1 - figureWidth - 2
        let longest = max("total".count, names.map(\.columns).max() ?? 0)
        let nameWidth = min(longest, Self.widestName, max(Self.shortestBar, room - 2 - max(Self.shortestBar, room / 2)))
        let barWidth = room - nameWidth - 2
        var lines = zip(zip(names, figures), files).map { text, file in
            let name = text.0.cutFront(to: nameWidth).padded(to: nameWidth)
            let gap = String(repeating: " ", count: figureWidth - text.1.columns)
            return name + bar(file.received, file.total, barWidth) + "  " + gap + text.1
        }
        lines.append(totalLine(nameWidth, barWidth))
        return lines.map { colours ? $0 : $0.cut(to: width - 1) }
    }

    /// Empty where there is no room for a bar or nothing to measure it by.
    private func bar(_ received: Int64, _ total: Int64?, _ width: Int) -> String {
        guard width >= Self.shortestBar else { return "" }
        guard let total, total > 0 else { return "  " + String(repeating: " ", count: width) }
        let filled = Int(Double(width) * min(1, Double(received) / Double(total)))
        let full = String(repeating: "█", count: filled)
        return "  " + (colours ? "\u{1B}[36m\(full)\u{1B}[0m" : full) + String(repeating: "░", count: width - filled)
    }

    /// The most that fits: everything, without the bar, without the sum, the bare percentage.
    private func totalLine(_ nameWidth: Int, _ barWidth: Int) -> String {
        let figures = Self.figures(tally.received, tally.total)
        let rate = tally.rate.map { "  \(ByteCount(Int64($0)))/s" } ?? ""
        let left = tally.secondsLeft.map { "  \(TransferTally.duration($0))" } ?? ""
        let count = tally.fileCount > Self.mostBars ? "  \(tally.doneCount) of \(tally.fileCount) files" : ""
        let name = "total".padded(to: nameWidth)
        let fixed = width - 1 - nameWidth - 4
        for tail in ["\(figures)\(count)\(rate)\(left)", "\(figures)\(rate)\(left)"] {
            let shorter = min(barWidth, fixed - tail.columns)
            if shorter >= Self.shortestBar { return name + bar(tally.received, tally.total, shorter) + "  " + tail }
        }
        let percentage = tally.total.flatMap { $0 > 0 ? "\(tally.received * 100 / $0) %" : nil } ?? figures
        let whole = tally.total.map { " of \(ByteCount($0))" } ?? ""
        let texts = [
            "total  \(figures)\(rate)\(left)", "total  \(percentage)\(whole)\(rate)\(left)",
            "total  \(percentage)\(rate)\(left)", "total  \(percentage)\(left)",
        ]
        return texts.first { $0.columns < width } ?? "total  \(percentage)"
    }

    private static func figures(_ received: Int64, _ total: Int64?) -> String {
        total.map { "\(ByteCount(received)) of \(ByteCount($0))" } ?? "\(ByteCount(received))"
    }

    /// What tells the files of a set apart is in front of what all of them end with.
    private static func names(of paths: [String]) -> [String] {
        guard paths.count > 1, let first = paths.first, paths.contains(where: { $0.columns > widestName / 2 }) else {
            return paths
        }
        var common = Substring(first)
        for path in paths.dropFirst() {
            while !path.hasSuffix(common) { common = common.dropFirst() }
        }
        return paths.map { String($0.dropLast(common.count)) }.contains("")
            ? paths : paths.map { String($0.dropLast(common.count)) }
    }
}
