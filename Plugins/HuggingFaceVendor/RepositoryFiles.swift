import ArtifactTypes
import Provisioning

/// The files of one commit, as the pipeline is told of them.
struct RepositoryFiles {
    let id: RepositoryID
    let commit: String
    /// Mirrors first, the endpoint last.
    let clients: [HubClient]

    /// - Throws: `.unsafeContent` for a single name that could leave its folder or stand for two files; `.unavailable`
    ///   for sizes and digests that are none. Nothing of such a listing is used.
    func listed(_ entries: [TreeAnswer]) throws(ProvisionError) -> [RemoteFile] {
        var files: [RemoteFile] = []
        var paths = Set<RelativePath>()
        var folders = Set<RelativePath>()
        var total: Int64 = 0
        for entry in entries {
            let file = try file(entry)
            guard paths.insert(file.path).inserted else { throw hostile("\(file.path) is listed twice") }
            var parent = file.path.parent
            while let folder = parent, folders.insert(folder).inserted { parent = folder.parent }
            let (sum, overflow) = total.addingReportingOverflow(file.size ?? 0)
            if overflow { throw odd("its sizes add up to more than 2^63 bytes") }
            total = sum
            files.append(file)
        }
        if let both = folders.first(where: paths.contains) { throw hostile("\(both) is a file and a folder") }
        return files
    }

    /// The same file with its sources and their secret headers.
    func withSources(_ file: RemoteFile) -> RemoteFile {
        var file = file
        file.sources = sources(file.path)
        return file
    }

    private func sources(_ path: RelativePath) -> [RemoteSource] {
        clients.map { RemoteSource(url: $0.server.fileURL(id, commit: commit, path: path), headers: $0.headers) }
    }

    private func file(_ entry: TreeAnswer) throws(ProvisionError) -> RemoteFile {
        let path: RelativePath
        do {
            path = try RelativePath(entry.path)
        } catch {
            throw hostile(error.description)
        }
        let size = entry.lfs?.size ?? entry.size
        if let size, size < 0 { throw odd("\(path) has a size of \(size)") }
        let digest: Digest?
        if let lfs = entry.lfs {
            digest = Digest(.sha256, hex: lfs.oid)
        } else {
            digest = entry.oid.flatMap { Digest(.gitSHA1, hex: $0) }
        }
        guard let digest else { throw odd("\(path) has no digest of the right form") }
        return RemoteFile(path: path, size: size, digest: digest, sources: sources(path))
    }

    private func hostile(_ reason: String) -> ProvisionError {
        ProvisionError(.unsafeContent, "the listing of \(id) is refused: \(reason)")
    }

    private func odd(_ reason: String) -> ProvisionError {
        ProvisionError(.unavailable, "the listing of \(id) is none: \(reason)")
    }
}
