import ArtifactTypes
import CArchive
import SystemPackage

/// One archive on its way into one folder.
///
/// Links are made last of all, when every name is known: while files are written the tree has none, so no file can pass
/// through one, and where a link leads is looked up in the tree as it will stand.
final class Extraction {
    let tree: TreeWriter
    let policy: ExtractionPolicy
    let cancellation: Cancellation
    var names = NameTable()
    var report = ExtractionReport()
    private let reader: ArchiveReader
    private let progress: @Sendable (ExtractionProgress) -> Void
    private let hasher: WrittenFileHasher
    /// Where the files that were hashed stand in the report.
    private var hashed: [Int] = []
    private var hardLinks: [(place: Int, target: Int)] = []
    private var budget: ExtractionBudget
    private var entries = 0
    private var reported = ExtractionProgress(entries: 0, bytes: 0)
    /// The folder that the last entry was put in; it needs no second look.
    private var lastParent: RelativePath?
    private let now: Int64

    init(
        of reader: ArchiveReader, into tree: TreeWriter, policy: ExtractionPolicy, cancellation: Cancellation,
        progress: @escaping @Sendable (ExtractionProgress) -> Void
    ) {
        self.reader = reader
        self.tree = tree
        self.policy = policy
        self.cancellation = cancellation
        self.progress = progress
        hasher = WrittenFileHasher(cancellation)
        budget = ExtractionBudget(policy, of: reader.source)
        now = carchive_now()
    }

    func run() throws(ArchiveError) -> ExtractionReport {
        do throws(ArchiveError) {
            while let entry = try reader.nextEntry() {
                try cancellation.check()
                try take(entry)
                tell(written: budget.written)
            }
            // Zeros at the front of anything look like an empty tar.
            if entries == 0 { throw reader.unknownFormat() }
            report.format = reader.formatName
            report.filter = reader.filterName
            try noteDigests()
            report.topFolder = try dissolveTopFolder()
            try makeLinks(below: report.topFolder)
            try reader.confirm()
            return report
        } catch {
            do throws(Errno) { try tree.removeAll() } catch let failure {
                throw ArchiveError(
                    failure, entry: error.entry, "\(error.reason); then cannot remove what was extracted")
            }
            throw error
        }
    }

    private func take(_ entry: ArchiveEntry) throws(ArchiveError) {
        entries += 1
        try checkCount(entries, entry)
        if reader.isCompressed { try budget.checkRatio(reader.expandedBytes, entry: entry.name) }
        try checkHeader(entry)
        guard let path = try EntryPath(entry, policy).path else {
            try reader.skipData(of: entry.name, budget: budget, cancellation)
            return
        }
        try makeParent(of: path, entry)
        switch entry.kind {
        case .folder: try makeFolder(path.string, entry)
        case .file: try makeFile(path, entry)
        case .symbolicLink(let target): try plan(link: path, to: target, entry)
        case .hardLink(let target): try makeHardLink(path, to: target, entry)
        case .special: break
        }
    }

    private func checkHeader(_ entry: ArchiveEntry) throws(ArchiveError) {
        switch entry.kind {
        case .special(let what): throw ArchiveError(.unsafe, entry: entry.name, "it is \(what)")
        case .symbolicLink, .hardLink:
            if !policy.allowsLinks { throw ArchiveError(.unsafe, entry: entry.name, "it is a link") }
        case .file, .folder: break
        }
        if entry.mode & 0o7000 != 0 {
            throw ArchiveError(.unsafe, entry: entry.name, "it has a set-user-id, set-group-id or sticky bit")
        }
        if entry.isEncrypted { throw ArchiveError(.unsupportedFormat, entry: entry.name, "it is encrypted") }
    }

    private func checkCount(_ count: Int, _ entry: ArchiveEntry) throws(ArchiveError) {
        guard count <= policy.maximumEntries else {
            throw ArchiveError(.limit, entry: entry.name, "the archive has more than \(policy.maximumEntries) entries")
        }
    }

    /// Every 8 MiB or 500 entries: often enough to be seen, too seldom to be felt.
    private func tell(written: Int64) {
        guard written - reported.bytes >= 8 << 20 || entries - reported.entries >= 500 else { return }
        reported = ExtractionProgress(entries: entries, bytes: written)
        progress(reported)
    }
}

// MARK: - Files and folders

extension Extraction {
    private func makeParent(of path: RelativePath, _ entry: ArchiveEntry) throws(ArchiveError) {
        guard let parent = path.parent else { return }
        if let lastParent, lastParent.string.utf8.elementsEqual(parent.string.utf8) { return }
        var prefix = ""
        for component in parent.components {
            prefix += prefix.isEmpty ? component : "/" + component
            try makeFolder(prefix, entry)
        }
        lastParent = parent
    }

    private func makeFolder(_ path: String, _ entry: ArchiveEntry) throws(ArchiveError) {
        guard try claim(path, .folder, entry) else { return }
        try make(entry) { () throws(Errno) in try tree.makeFolder(path.split(separator: "/").map(String.init)) }
    }

    private func makeFile(_ path: RelativePath, _ entry: ArchiveEntry) throws(ArchiveError) {
        if let size = entry.size { try budget.admit(size, entry: entry.name) }
        let isExecutable = entry.mode & 0o100 != 0
        let place = report.files.count
        _ = try claim(path.string, .file(place), entry)
        let file = try make(entry) { () throws(Errno) in
            try tree.makeFile(path.components, isExecutable: isExecutable)
        }
        let size: Int64
        do throws(ArchiveError) {
            size = try fill(file, entry)
        } catch {
            try? file.close()
            throw error
        }
        do {
            try file.close()
        } catch {
            // NFS tells of a full disk here.
            throw ArchiveError(error as? Errno ?? .ioError, entry: entry.name, "cannot write")
        }
        hashed.append(place)
        report.files.append(.init(path: path, size: size, isExecutable: isExecutable))
        report.bytes += size
    }

    /// - Returns: the size.
    private func fill(_ file: FileDescriptor, _ entry: ArchiveEntry) throws(ArchiveError) -> Int64 {
        var hashing = try make(entry) { () throws(Errno) in try hasher.begin(file) }
        let size = try reader.copyData(
            of: entry.name, declared: entry.size, to: file, budget: &budget, cancellation
        ) { end, written in
            hasher.advance(&hashing, to: end)
            tell(written: written)
        }
        hasher.finish(hashing, at: size)
        if let modified = entry.modified, (0...now).contains(modified) {
            let failure = carchive_set_times(file.rawValue, modified)
            if failure != 0 {
                throw ArchiveError(Errno(rawValue: failure), entry: entry.name, "cannot set its time")
            }
        }
        return size
    }

    private func noteDigests() throws(ArchiveError) {
        for (place, digest) in zip(hashed, try hasher.digests()) { report.files[place].digest = digest }
        for (place, source) in hardLinks { report.files[place].digest = report.files[source].digest }
    }

    private func makeHardLink(_ path: RelativePath, to target: String, _ entry: ArchiveEntry) throws(ArchiveError) {
        let source = try EntryPath(target: target, of: entry, policy).path
        switch source.flatMap({ names[$0.string] }) {
        case .file(let place):
            var file = report.files[place]
            _ = try claim(path.string, .file(place), entry)
            try make(entry) { () throws(Errno) in
                try tree.makeHardLink(path.components, to: file.path.components)
            }
            file.path = path
            hardLinks.append((report.files.count, place))
            report.files.append(file)
        case .link(let text):
            try plan(link: path, to: text, entry)
        case .folder, nil:
            throw ArchiveError(
                .unsafe, entry: entry.name, "it is a hard link to \"\(target)\", which is no file before it")
        }
        // Some formats repeat the data of the file that is linked.
        try reader.skipData(of: entry.name, budget: budget, cancellation)
    }

    func claim(_ path: String, _ node: NameTable.Node, _ entry: ArchiveEntry) throws(ArchiveError) -> Bool {
        try checkCount(names.count + 1, entry)
        do throws(NameTable.Clash) { return try names.claim(path, node) } catch {
            throw ArchiveError(.unsafe, entry: entry.name, error.reason)
        }
    }

    private func make<Made>(
        _ entry: ArchiveEntry, _ work: () throws(Errno) -> Made
    ) throws(ArchiveError) -> Made {
        do throws(Errno) { return try work() } catch {
            throw ArchiveError(error, entry: entry.name, "cannot make it")
        }
    }
}
