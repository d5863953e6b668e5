/// A token or password. It prints as `•••` everywhere; only `reveal` gives it away, at the place that sends it.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The value itself, for the wire alone.
    public func reveal() -> String { value }

    public var isEmpty: Bool { value.isEmpty }

    public var description: String { "•••" }
    public var debugDescription: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// Compares in a time that depends on the lengths alone.
    public static func == (left: Secret, right: Secret) -> Bool {
        let first = Array(left.value.utf8)
        let second = Array(right.value.utf8)
        var difference = UInt8(first.count == second.count ? 0 : 1)
        for index in 0..<Swift.max(first.count, second.count) {
            let one = index < first.count ? first[index] : 0
            let other = index < second.count ? second[index] : 0
            difference |= one ^ other
        }
        return difference == 0
    }

    /// `text` with every occurrence of this secret replaced by `•••`, also where it is percent-encoded, escaped as in JSON
    /// or in base64.
    public func redacted(from text: String) -> String {
        // Below four characters a secret would blank out ordinary words and hide nothing worth hiding.
        guard value.utf8.count >= 4, text.utf8.count >= value.utf8.count else { return text }
        let redacted = SecretSpellings(of: value).replaced(in: Array(text.utf8), by: Array("•••".utf8))
        return String(decoding: redacted, as: UTF8.self)
    }
}
