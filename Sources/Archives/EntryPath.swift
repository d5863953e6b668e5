import ArtifactTypes

/// An entry's name as a path in the tree.
struct EntryPath {
    /// Nil for the root itself, and for a name that stripping leaves nothing of.
    let path: RelativePath?

    init(_ entry: ArchiveEntry, _ policy: ExtractionPolicy) throws(ArchiveError) {
        var isFolder = false
        if case .folder = entry.kind { isFolder = true }
        try self.init(entry.name, isFolder: isFolder, entry: entry.name, policy)
    }

    /// The target of a hard link, which is a name in the archive and stripped like one.
    init(target: String, of entry: ArchiveEntry, _ policy: ExtractionPolicy) throws(ArchiveError) {
        try self.init(target, isFolder: false, entry: entry.name, policy)
    }

    private init(_ name: String, isFolder: Bool, entry: String, _ policy: ExtractionPolicy) throws(ArchiveError) {
        var rest = name[...]
        // `tar -C folder .` begins every name with "./".
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        if isFolder, rest.hasSuffix("/") { rest = rest.dropLast() }
        if isFolder, rest.isEmpty || rest == ".", name.hasPrefix(".") {
            path = nil
            return
        }
        let whole: RelativePath
        do throws(RelativePath.Invalid) { whole = try RelativePath(String(rest)) } catch {
            let what = name == entry ? "" : "its link target \"\(name)\" is unsafe: "
            throw ArchiveError(.unsafe, entry: entry, what + error.reason)
        }
        guard whole.components.count <= policy.maximumDepth else {
            throw ArchiveError(.limit, entry: entry, "it is more than \(policy.maximumDepth) folders deep")
        }
        if case .components(let count) = policy.strip, count > 0 {
            path = whole.dropping(first: count)
        } else {
            path = whole
        }
    }
}
