public import ArtifactTypes

/// The one place where the rules are applied.
extension VendorConfiguration {
    /// What each rule that the file has says of `reference`.
    ///
    /// - Parameters:
    ///   - resolution: nil while its vendor was not asked. Its files are those that would be fetched.
    ///   - unpacked: what is in the tree once all is there and its archives are unpacked; nil before.
    ///   - vendor: says whose a reference is.
    public func verdicts(
        on reference: ArtifactReference, _ resolution: Resolution? = nil, unpacked: [RemoteFile]? = nil,
        by vendor: any Provisioner
    ) -> [TrustVerdict] {
        VendorTrust.Rule.allCases.compactMap { rule in
            let judgement: (allowed: String, finding: Finding)? =
                switch rule {
                case .organizations:
                    organizations([reference, resolution?.reference].compactMap(\.self).map(vendor.organization))
                case .licenses: licenses(resolution)
                case .formats: formats(resolution, unpacked)
                case .maximumSize: size(resolution, unpacked)
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
        _ reference: ArtifactReference, _ resolution: Resolution? = nil, unpacked: [RemoteFile]? = nil,
        by vendor: any Provisioner
    ) throws(ProvisionError) {
        let verdicts = verdicts(on: reference, resolution, unpacked: unpacked, by: vendor)
        if let refusal = self.refusal(of: reference, in: verdicts) { throw refusal }
    }

    /// The error of the first of `verdicts` that refuses; nil where none does.
    public func refusal(of reference: ArtifactReference, in verdicts: [TrustVerdict]) -> ProvisionError? {
        guard let refusal = verdicts.first(where: { $0.word == .refuses }) else { return nil }
        let place = [refusal.file, refusal.line.map { "\($0)" }].compactMap(\.self).joined(separator: ":")
        return ProvisionError(
            .untrusted,
            "\(reference.withoutSecrets): vendor \(name) is trusted for \(refusal.rule.rawValue) \(refusal.allowed), "
                + "and this is \(refusal.found ?? "unknown")\(place.isEmpty ? "" : " (\(place))")",
            remedy: "change \(refusal.rule.rawValue) there if it shall be taken")
    }

    /// The error for what turns out to be more than `max-size` while it arrives; nil where there is no such rule.
    ///
    /// - Parameter state: what is measured, as `unpacked`; empty for what comes.
    public func refusal(of reference: ArtifactReference, becauseMoreThanAllowed state: String) -> ProvisionError? {
        guard let maximum = trust.maximumSize else { return nil }
        let verdict = TrustVerdict(
            rule: .maximumSize, allowed: "\(ByteCount(maximum))", found: state.isEmpty ? "larger" : "larger \(state)",
            word: .refuses, file: file, line: trustLines[.maximumSize])
        return refusal(of: reference, in: [verdict])
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
    private func organizations(_ names: [String?]) -> (allowed: String, finding: Finding)? {
        if trust.organizations.isEmpty { return nil }
        // No organization has an empty name.
        let names = names.map { $0 ?? "" }
        let strange = names.first { name in !trust.organizations.contains { Wildcard($0).matches(name) } }
        let name = strange ?? names.last ?? ""
        let text = name.isEmpty ? "of no organization" : "of \(name.visiblyEscaped)"
        return (trust.organizations.joined(separator: ", "), strange == nil ? .taken(text) : .refused(text))
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

    private func formats(
        _ resolution: Resolution?, _ unpacked: [RemoteFile]?
    ) -> (allowed: String, finding: Finding)? {
        if trust.formats.isEmpty { return nil }
        let allowed = trust.formats.joined(separator: ", ")
        guard let resolution else { return (allowed, .unknown) }
        let known = Set(trust.formats.map { String($0.lowercased().drop { $0 == "." }) })
        let formats = resolution.formats(unpacked)
        if let strange = formats.first(where: { !known.contains($0.format) }) {
            return (allowed, .refused("\(strange.path.visiblyEscaped)"))
        }
        let isWhole = unpacked != nil || !resolution.isJudgedUnpacked
        return (allowed, isWhole ? .taken(Set(formats.map(\.format)).sorted().joined(separator: ", ")) : .unknown)
    }

    private func size(
        _ resolution: Resolution?, _ unpacked: [RemoteFile]?
    ) -> (allowed: String, finding: Finding)? {
        guard let maximum = trust.maximumSize else { return nil }
        let allowed = "\(ByteCount(maximum))"
        guard let resolution, resolution.git == nil || unpacked != nil else { return (allowed, .unknown) }
        let files = unpacked ?? resolution.files
        let size = files.knownSize
        let state =
            unpacked == nil ? "" : resolution.git != nil ? " checked out" : resolution.isUnpacked ? " unpacked" : ""
        let text = "\(ByteCount(size))\(state)"
        if size > maximum { return (allowed, .refused(text)) }
        // What says no size is stopped once it is too large.
        return (allowed, files.allSatisfy { $0.size != nil } ? .taken(text) : .unknown)
    }
}

extension Resolution {
    /// Whether some of its files are known only once they are unpacked.
    public var isUnpacked: Bool { files.contains { $0.unpack != .none } }

    /// A model's archive is a wrapping; a worker is known by it, and consists of whatever a program does.
    fileprivate var isJudgedUnpacked: Bool { kind == .model && files.contains { $0.unpack.isArchive } }

    /// What the rules for formats are applied to.
    fileprivate func formats(_ unpacked: [RemoteFile]?) -> [(path: String, format: String)] {
        if git != nil { return [("a git checkout", "git")] }
        let judged = isJudgedUnpacked ? unpacked ?? files.filter { !$0.unpack.isArchive } : files
        return judged.compactMap { file in file.path.format.map { (file.path.string, $0) } }
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
