import ArtifactTypes
import Provisioning

/// A model's name at the hub: `org/name`, by the hub's own rules.
struct RepositoryID: Sendable, Hashable, CustomStringConvertible {
    let description: String

    /// - Throws: `.invalid`, with the rule that `text` breaks.
    init(_ text: String) throws(ProvisionError) {
        if let reason = Self.objection(to: text) {
            throw ProvisionError(.invalid, "\"\(text.visiblyEscaped.prefix(120))\" is no model's name: \(reason)")
        }
        description = text
    }

    private static func objection(to text: String) -> String? {
        if text.utf8.count > 96 { return "it is longer than 96 characters" }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "it is not org/name" }
        for part in parts {
            guard let first = part.first, let last = part.last else { return "a part of it is empty" }
            if !part.utf8.allSatisfy(isAllowed) {
                return "it has other characters than letters, digits, \"-\", \"_\" and \".\""
            }
            if "-.".contains(first) || "-.".contains(last) { return "a part begins or ends with \"-\" or \".\"" }
        }
        if text.contains("--") { return "it has \"--\"" }
        if text.contains("..") { return "it has \"..\"" }
        return nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}
