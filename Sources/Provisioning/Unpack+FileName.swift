public import ArtifactTypes

extension Unpack {
    private static let archives = [
        ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.lz4", ".zip",
    ]
    private static let compressions = [".gz", ".zst", ".xz", ".bz2", ".lz4"]

    /// What becomes of a file of that name, and the name of what comes out of it; an archive keeps its own. Whether it
    /// is what its name says is found out when it is unpacked.
    public static func payload(
        of name: RelativePath
    ) throws(RelativePath.Invalid) -> (path: RelativePath, unpack: Unpack) {
        let lower = name.lastComponent.lowercased()
        if archives.contains(where: { lower.hasSuffix($0) && lower != $0 }) { return (name, .archive(strip: nil)) }
        guard let suffix = compressions.first(where: { lower.hasSuffix($0) && lower != $0 }) else {
            return (name, .none)
        }
        return (try RelativePath(String(name.string.dropLast(suffix.count))), .single)
    }

    /// A file's name without what says that it is an archive or compressed.
    public static func stem(of name: String) -> String {
        let lower = name.lowercased()
        let suffix = (archives + compressions).first { lower.hasSuffix($0) && lower != $0 } ?? ""
        return String(name.dropLast(suffix.count))
    }

    public var isArchive: Bool { if case .archive = self { true } else { false } }
}
