import ArtifactTypes

/// Rows under headings, in columns that fit the terminal: the widest column gives way.
///
/// Its cells may come from outside; the lines are fit for a terminal.
struct Table {
    let headings: [String]
    let rows: [[String]]

    /// Whether the first column has paths: of those the end tells more than the front.
    let hasPaths: Bool

    init(headings: [String], rows: [[String]], hasPaths: Bool = false) {
        self.headings = headings
        self.hasPaths = hasPaths
        self.rows = rows.map { $0.map(\.visiblyEscaped) }
    }

    /// - Parameter width: in columns; nil where nothing limits it (a pipe).
    func lines(width: Int?) -> [String] {
        // A first column of which nothing can be read names nothing: the last ones go before it does.
        if let width, headings.count > 2, let name = rows.map({ $0[0].columns }).max() {
            let others = (1..<headings.count).reduce(0) { sum, index in
                sum + 2 + min(8, max(headings[index].columns, rows.map { $0[index].columns }.max() ?? 0))
            }
            if width - others < min(name, Self.shortestName) { return withoutLast.lines(width: width) }
        }
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

    private static let shortestName = 24

    private var withoutLast: Table {
        Table(headings: headings.dropLast(), rows: rows.map { $0.dropLast() }, hasPaths: hasPaths)
    }

    /// Made anew for each gap, they took as long as all the rest of a long table.
    private static func blanks(_ count: Int) -> Substring {
        count <= 200 ? some.prefix(count) : Substring(repeating: " ", count: count)
    }
    private static let some = String(repeating: " ", count: 200)

    /// Padded between cells, never at the end.
    private func line(_ row: [String], _ widths: [Int]) -> String {
        var line = ""
        line.reserveCapacity(widths.reduce(0, +) + 2 * widths.count)
        var gap = 0
        for (index, (cell, width)) in zip(row, widths).enumerated() {
            let columns = cell.columns
            if columns > 0 {
                line += Self.blanks(gap)
                if columns <= width {
                    line += cell
                } else {
                    line += index == 0 && hasPaths ? cell.cutFront(to: width) : cell.cut(to: width)
                }
                gap = 0
            }
            gap += max(0, width - columns) + 2
        }
        return line
    }
}
