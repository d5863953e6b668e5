/// The candidate that `word` was probably meant to be: the nearest by edit distance, if it is near enough.
///
/// A third of the word's length, at least one edit: `endpont` finds `endpoint`, `url` does not find `tag`.
func nearestName(to word: String, among candidates: some Sequence<String>) -> String? {
    // A name from a file may be as long as the file; none that long is a slip of the finger.
    guard word.utf8.count <= 64 else { return nil }
    let limit = max(1, word.count / 3)
    let measured = candidates.map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    return measured.filter { $0.distance <= limit }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

/// The least number of insertions, deletions, replacements and swaps of neighbours that make one text the other.
func editDistance(_ first: String, _ second: String) -> Int {
    let rows = Array(first)
    let columns = Array(second)
    var beforeLast: [Int] = []
    var last = Array(0...columns.count)
    for row in rows.indices {
        var current = [row + 1]
        for column in columns.indices {
            let replaced = last[column] + (rows[row] == columns[column] ? 0 : 1)
            var best = min(replaced, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, rows[row] == columns[column - 1], rows[row - 1] == columns[column] {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        (beforeLast, last) = (last, current)
    }
    return last[columns.count]
}
