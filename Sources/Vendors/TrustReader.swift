import ArtifactTypes
import Provisioning

/// Reads a file's `trust` table. A list that would take nothing, or everything by being empty, is refused: who wrote it
/// meant something else.
enum TrustReader {
    static func trust(of table: FileTable) throws(VendorFileError) -> VendorTrust {
        guard let trust = try table.table("trust") else { return VendorTrust() }
        try trust.checkKeys(VendorTrust.Rule.allCases.map(\.rawValue) + ["allow-pickle"])
        return VendorTrust(
            organizations: try list(.organizations, of: trust, objection: objection(toOrganization:)),
            formats: try list(.formats, of: trust, objection: objection(toFormat:)),
            licenses: try list(.licenses, of: trust) { $0.isEmpty ? "an empty text is no license" : nil },
            maximumSize: try maximumSize(of: trust),
            allowPickle: try trust.boolean("allow-pickle") ?? false)
    }

    private static func list(
        _ rule: VendorTrust.Rule, of trust: FileTable, objection: (String) -> String?
    ) throws(VendorFileError) -> [String] {
        let key = rule.rawValue
        guard let texts = try trust.strings(key) else { return [] }
        guard !texts.isEmpty else {
            throw trust.error(at: key, "\"\(key)\" is empty; leave it out to take everything")
        }
        for (index, text) in texts.enumerated() {
            guard let objection = objection(text) else { continue }
            throw trust.error(
                at: trust.path(to: key) + [.index(index)],
                "\"\(text.visiblyEscaped)\" in \"\(key)\" can match nothing: \(objection)")
        }
        return texts
    }

    private static func objection(toOrganization pattern: String) -> String? {
        if pattern.isEmpty { return "an empty text is no organization" }
        return pattern.contains { "/ ".contains($0) } ? "an organization is what stands before the first slash" : nil
    }

    private static func objection(toFormat format: String) -> String? {
        let parts = format.drop { $0 == "." }.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let isEnding = parts.count == 1 || (parts.count == 2 && parts[0] == "tar")
        let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.contains { "*?/ ".contains($0) } }
        return isEnding && isPlain ? nil : "a format is the ending of a file's name, as gguf or tar.gz"
    }

    private static func maximumSize(of trust: FileTable) throws(VendorFileError) -> Int64? {
        let key = VendorTrust.Rule.maximumSize.rawValue
        if case .integer(let bytes)? = trust.members[key], bytes > 0 { return Int64(bytes) }
        guard let text = try trust.string(key) else { return nil }
        guard let size = ByteCount(parsing: text), size.bytes > 0 else {
            throw trust.error(at: key, "\"\(key)\" is a size, as \"40G\" or a number of bytes")
        }
        return size.bytes
    }
}
