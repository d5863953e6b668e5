/// What is taken from a vendor: its file's `trust` table. A rule that says nothing takes everything.
public struct VendorTrust: Sendable, Hashable {
    /// The organizations whose artifacts are taken, `*` and `?` allowed: `Provisioner.organization(of:)` says whose one is.
    public var organizations: [String]
    /// The endings of the files that are taken, as `gguf`, `tar.gz`; `git` for a checkout. What describes a model
    /// (`json`, `txt`, …) is taken with any. Of a model's archive its content counts, of a worker's the archive.
    public var formats: [String]
    /// The licenses that are taken, in any case, `*` and `?` allowed.
    public var licenses: [String]
    /// Of all files together, in bytes; of an archive both as it comes and unpacked, of a git commit its checkout.
    public var maximumSize: Int64?
    /// Files that run code when they are loaded (pickle) are taken without being asked for by name.
    public var allowPickle: Bool

    public init(
        organizations: [String] = [], formats: [String] = [], licenses: [String] = [], maximumSize: Int64? = nil,
        allowPickle: Bool = false
    ) {
        self.organizations = organizations
        self.formats = formats
        self.licenses = licenses
        self.maximumSize = maximumSize
        self.allowPickle = allowPickle
    }

    /// A rule that can refuse, by its key in the file.
    public enum Rule: String, Sendable, Hashable, Codable, CaseIterable {
        case organizations
        case formats
        case licenses
        case maximumSize = "max-size"
    }
}

/// What one rule says of an artifact.
public struct TrustVerdict: Sendable, Hashable, Encodable {
    public enum Word: String, Sendable, Hashable, Encodable {
        case takes
        case refuses
        /// The vendor has to be asked first.
        case unknown
    }

    public let rule: VendorTrust.Rule
    /// As the file has it.
    public let allowed: String
    /// What the artifact is; nil where that is not known.
    public let found: String?
    public let word: Word
    /// The vendors.d file; nil for a built-in vendor.
    public let file: String?
    public let line: Int?
}
