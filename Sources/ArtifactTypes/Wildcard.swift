/// A pattern of text: `*` stands for any characters, `?` for one.
public struct Wildcard: Sendable, Hashable {
    private let pattern: [Character]

    public init(_ text: some StringProtocol) {
        pattern = Array(text)
    }

    /// Goes back to the last `*` only, so that no text takes long.
    public func matches(_ text: some StringProtocol) -> Bool {
        let text = Array(text)
        var (index, place) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
                index += 1
                place += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                index = last.index + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
