/// Rows under headings, in columns that fit the terminal: the widest column gives way.
struct Table {
    let headings: [String]
    let rows: [[String]]

    /// - Parameter width: in columns; nil where nothing limits it (a pipe).
    func lines(width: Int?) -> [String] {
        var widths = headings.map(\.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        if let width {
            let gaps = 2 * (widths.count - 1)
            while widths.reduce(gaps, +) > width, let widest = widths.max(), widest > 8,
                let index = widths.firstIndex(of: widest)
            {
                widths[index] -= 1
            }
        }
        return ([headings] + rows).map { row in
            let cells = zip(row, widths).map { cell, width in fit(cell, width) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }

    private func fit(_ cell: String, _ width: Int) -> String {
        if cell.count > width { return cell.prefix(width - 1) + "…" }
        return cell + String(repeating: " ", count: width - cell.count)
    }
}
