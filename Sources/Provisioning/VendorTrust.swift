public import ArtifactTypes

/// What is taken from a vendor: its file's `trust` table. A rule that says nothing takes everything.
public struct VendorTrust: Sendable, Hashable {
    /// The organizations whose artifacts are taken, `*` and `?` allowed; of a URL, its host.
    public var organizations: [String]
    /// The endings of the files that are taken, as `gguf`, `tar.gz`; `git` for a checkout. What describes a model
    /// (`json`, `txt`, …) is taken with any.
    public var formats: [String]
    /// The licenses that are taken, in any case, `*` and `?` allowed.
    public var licenses: [String]
    /// Of all files together, in bytes.
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

/// The one place where the rules are applied.
extension VendorConfiguration {
    /// What each rule that the file has says of `reference`.
    ///
    /// - Parameters:
    ///   - resolution: nil while its vendor was not asked.
    ///   - isChosen: whether the files of it are those that would be fetched, and not all that there are.
    public func verdicts(
        on reference: ArtifactReference, _ resolution: Resolution? = nil, isChosen: Bool = true
    ) -> [TrustVerdict] {
        VendorTrust.Rule.allCases.compactMap { rule in
            let judgement: (allowed: String, finding: Finding)? =
                switch rule {
                case .organizations: organizations(reference, resolution)
                case .licenses: licenses(resolution)
                case .formats: formats(isChosen ? resolution : nil)
                case .maximumSize: size(isChosen ? resolution : nil)
                }
            return judgement.map { judgement in
                TrustVerdict(
                    rule: rule, allowed: judgement.allowed, found: judgement.finding.text, word: judgement.finding.word,
                    file: file, line: trustLines[rule])
            }
        }
    }

    /// - Throws: `.untrusted`, naming the first rule that refuses, and where it stands.
    public func checkTrust(
        _ reference: ArtifactReference, _ resolution: Resolution? = nil, isChosen: Bool = true
    ) throws(ProvisionError) {
        let verdicts = verdicts(on: reference, resolution, isChosen: isChosen)
        guard let refusal = verdicts.first(where: { $0.word == .refuses }) else { return }
        let place = [refusal.file, refusal.line.map { "\($0)" }].compactMap(\.self).joined(separator: ":")
        throw ProvisionError(
            .untrusted,
            "\(reference): vendor \(name) is trusted for \(refusal.rule.rawValue) \(refusal.allowed), and this is "
                + "\(refusal.found ?? "unknown")\(place.isEmpty ? "" : " (\(place))")",
            remedy: "change \(refusal.rule.rawValue) there if it shall be taken")
    }

    private enum Finding {
        case unknown
        case taken(String)
        case refused(String)

        var text: String? {
            switch self {
            case .unknown: nil
            case .taken(let text), .refused(let text): text
            }
        }

        var word: TrustVerdict.Word {
            switch self {
            case .unknown: .unknown
            case .taken: .takes
            case .refused: .refuses
            }
        }
    }

    /// What was asked counts, and what the vendor made of it: a repository may have moved.
    private func organizations(
        _ reference: ArtifactReference, _ resolution: Resolution?
    ) -> (allowed: String, finding: Finding)? {
        if trust.organizations.isEmpty { return nil }
        let names = [reference, resolution?.reference].compactMap { $0?.organization }
        let strange = names.first { name in !trust.organizations.contains { Wildcard($0).matches(name) } }
        return (
            trust.organizations.joined(separator: ", "),
            strange.map { .refused("of \($0.visiblyEscaped)") } ?? .taken("of \(names.last?.visiblyEscaped ?? "")")
        )
    }

    private func licenses(_ resolution: Resolution?) -> (allowed: String, finding: Finding)? {
        if trust.licenses.isEmpty { return nil }
        let allowed = trust.licenses.joined(separator: ", ")
        guard let resolution else { return (allowed, .unknown) }
        guard let license = resolution.metadata.license else {
            return (allowed, .refused("under no license that it names"))
        }
        let isTaken = trust.licenses.contains { Wildcard($0.lowercased()).matches(license.lowercased()) }
        let text = "under \(license.visiblyEscaped)"
        return (allowed, isTaken ? .taken(text) : .refused(text))
    }

    private func formats(_ resolution: Resolution?) -> (allowed: String, finding: Finding)? {
        if trust.formats.isEmpty { return nil }
        let allowed = trust.formats.joined(separator: ", ")
        guard let resolution else { return (allowed, .unknown) }
        let known = Set(trust.formats.map { String($0.lowercased().drop { $0 == "." }) })
        let formats = resolution.formats
        if let strange = formats.first(where: { !known.contains($0.format) }) {
            return (allowed, .refused("\(strange.path.visiblyEscaped)"))
        }
        return (allowed, .taken(Set(formats.map(\.format)).sorted().joined(separator: ", ")))
    }

    private func size(_ resolution: Resolution?) -> (allowed: String, finding: Finding)? {
        guard let maximum = trust.maximumSize else { return nil }
        let allowed = "\(ByteCount(maximum))"
        guard let resolution, resolution.git == nil else { return (allowed, .unknown) }
        let size = resolution.files.reduce(Int64(0)) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(file.size ?? 0)
            return overflow ? .max : next
        }
        if size > maximum { return (allowed, .refused("\(ByteCount(size))")) }
        // What says no size is stopped once it is too large.
        return (allowed, resolution.files.allSatisfy { $0.size != nil } ? .taken("\(ByteCount(size))") : .unknown)
    }
}

extension ArtifactReference {
    /// Whose it is: what stands before the first slash; of a URL, the host.
    fileprivate var organization: String {
        guard isURL else { return String(locator.prefix { $0 != "/" }) }
        let authority = locator.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        return String((authority.split(separator: "@").last ?? "").prefix { $0 != ":" }).lowercased()
    }
}

extension Resolution {
    /// What the rules for formats are applied to.
    fileprivate var formats: [(path: String, format: String)] {
        if git != nil { return [("a git checkout", "git")] }
        return files.compactMap { file in file.path.format.map { (file.path.string, $0) } }
    }
}

extension RelativePath {
    /// What comes with a model in whatever format, and is no program.
    private static let descriptions: Set = [
        "json", "jsonl", "txt", "md", "jinja", "model", "tiktoken", "vocab", "yaml", "yml", "gitattributes", "png",
        "jpg", "jpeg", "gif", "svg", "webp", "license", "readme", "notice", "copying", "use_policy",
    ]

    /// The name's ending in lower case, the name itself where it has none; nil for what only describes.
    fileprivate var format: String? {
        let parts = lastComponent.lowercased().split(separator: ".")
        guard let last = parts.last.map(String.init) else { return "" }
        if Self.descriptions.contains(last) { return nil }
        return parts.dropLast().last == "tar" ? "tar.\(last)" : last
    }
}
