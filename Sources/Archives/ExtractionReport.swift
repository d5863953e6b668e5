public import ArtifactTypes

/// What an archive became on disk.
public struct ExtractionReport: Sendable, Hashable {
    public struct File: Sendable, Hashable {
        public internal(set) var path: RelativePath
        /// In bytes, holes included.
        public internal(set) var size: Int64 = 0
        public let isExecutable: Bool
        /// The SHA-256 of what was written.
        public internal(set) var digest: Digest?
    }

    public struct Link: Sendable, Hashable {
        public let path: RelativePath
        /// As the archive has it: relative to the link's own folder.
        public let target: String
    }

    /// Regular files in the archive's order, hard links among them.
    public internal(set) var files: [File] = []
    /// Symbolic links.
    public internal(set) var links: [Link] = []
    /// The bytes of all files, hard links counted once.
    public internal(set) var bytes: Int64 = 0
    /// The folder that held all there is, and was taken off.
    public internal(set) var topFolder: String?
    /// libarchive's name of the format, as `GNU tar format`.
    public internal(set) var format = ""
    /// libarchive's name of the compression, as `zstd`; `none` without one.
    public internal(set) var filter = ""
}

/// What a compressed file became on disk.
public struct ExpandedFile: Sendable, Hashable {
    /// In bytes.
    public let size: Int64
    /// The SHA-256 of what was written.
    public let digest: Digest?
}

/// How far an extraction is.
public struct ExtractionProgress: Sendable, Hashable {
    public let entries: Int
    /// Bytes written.
    public let bytes: Int64
}
