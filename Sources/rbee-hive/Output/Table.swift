import ArtifactTypes

/// Rows under headings, in columns that fit the terminal: the widest column gives way.
///
/// Its cells may come from outside; the lines are fit for a terminal.
struct Table {
    let headings: [String]
    let rows: [[String]]

    init(headings: [String], rows: [[String]]) {
        self.headings = headings
        self.rows = rows.map { $0.map(\.visiblyEscaped) }
    }

    /// - Parameter width: in columns; nil where nothing limits it (a pipe).
    func lines(width: Int?) -> [String] {
        var widths = headings.map(\.columns)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.columns) }
        }
        if let width {
            let gaps = 2 * (widths.count - 1)
            while widths.reduce(gaps, +) > width, let widest = widths.max(), widest > 8,
                let index = widths.firstIndex(of: widest)
            {
                widths[index] -= 1
            }
        }
        return ([headings] + rows).map { line($0, widths) }
    }

    /// Padded between cells, never at the end.
    private func line(_ row: [String], _ widths: [Int]) -> String {
        var line = ""
        var gap = 0
        for (cell, width) in zip(row, widths) {
            let columns = cell.columns
            if columns > 0 {
                line += String(repeating: " ", count: gap)
                line += columns > width ? cell.prefix(width - 1) + "…" : cell
                gap = 0
            }
            gap += max(0, width - columns) + 2
        }
        return line
    }
}

extension String {
    /// How many columns of a terminal the text takes. ASCII, which nearly all of it is, needs no look at graphemes:
    /// they took half a second of a list of 10,000 models.
    fileprivate var columns: Int {
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count
    }
}
