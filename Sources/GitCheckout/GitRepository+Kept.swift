import Glibc
import SystemPackage

/// A commit whose whole tree is in a kept mirror.
public struct KeptCommit: Sendable, Hashable {
    public var id: String
    /// The URL that it came from, without user-info.
    public var source: String
}

// A kept mirror has no refs: libgit2's negotiation and walks fail at a shallow edge, so nothing may walk. Which commits
// are whole stands in a file beside; the edge itself in `shallow`, so that plain git can read the repository.
extension GitRepository {
    /// 64 commits: what a server is told that we have; more make requests longer and packs hardly shorter.
    static let mostCommits = 64

    private var commitsFile: FilePath { path.appending("commits") }
    /// 4,096 tags: a file of some 300 KB.
    private static let mostTags = 4096

    private var tagsFile: FilePath { path.appending("tags") }
    private var shallowFile: FilePath { path.appending("shallow") }

    /// Commits that are here with their trees, the newest last.
    public func keptCommits() throws(GitError) -> [KeptCommit] {
        _ = try handle()
        return try Self.lines(of: commitsFile).compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, GitRevision.isCommit(parts[0]) else { return nil }
            return KeptCommit(id: String(parts[0]), source: String(parts[1]))
        }.suffix(Self.mostCommits)
    }

    /// Commits whose parents are not here.
    func shallowCommits() throws(GitError) -> [String] {
        try Self.lines(of: shallowFile).filter(GitRevision.isCommit)
    }

    /// Notes that `commit` is whole, and the edge as it is now.
    func keep(_ commit: KeptCommit, shallow: Set<String>) throws(GitError) {
        let commits = try (keptCommits().filter { $0.id != commit.id } + [commit]).suffix(Self.mostCommits)
        // Those that are forgotten are named to no server, and their edge would make requests longer for ever.
        let edge = shallow.intersection(commits.map(\.id))
        try Self.replace(shallowFile, with: edge.sorted())
        try Self.replace(commitsFile, with: commits.map { "\($0.id) \($0.source)" })
    }

    /// Notes what a tag is at when it is seen first. Branches move; a tag that does is another one under an old name.
    ///
    /// - Parameter isCertain: false where a mirror alone says so, which is compared and not noted.
    /// - Throws: `.untrusted` where it was at another commit.
    public func note(tag ref: String, at commit: String, isCertain: Bool) throws(GitError) {
        guard ref.hasPrefix("refs/tags/") else { return }
        _ = try handle()
        let lines = try Self.lines(of: tagsFile)
        for line in lines where line.hasSuffix(" \(ref)") {
            let seen = line.prefix(40)
            if seen == commit { return }
            throw GitError(
                .untrusted, "\(ref) is at \(commit.prefix(12)), and was at \(seen.prefix(12)) when it was seen first",
                remedy: "ask who moved it; if that is meant, name the commit: #commit=\(commit)")
        }
        if isCertain { try Self.replace(tagsFile, with: lines.suffix(Self.mostTags - 1) + ["\(commit) \(ref)"]) }
    }

    /// Forgets which commits are whole, after an object proved to be damaged; they are fetched anew.
    public func forgetKeptCommits() throws(GitError) {
        close()
        for file in [commitsFile, shallowFile] where unlink(file.string) != 0 && Errno.last != .noSuchFileOrDirectory {
            throw GitError(writing: file.string, Errno.last)
        }
        // Damaged packs would be found before the new one.
        for (folder, name) in try packFiles() { _ = unlink(folder.appending(name).string) }
    }

    /// The names of the packs, without their endings.
    func packs() throws(GitError) -> Set<String> {
        Set(try packFiles().filter { $0.name.hasSuffix(".pack") }.map { String($0.name.dropLast(5)) })
    }

    /// Removes `old` packs, now that a newer one has all of `commit`.
    func forget(_ old: Set<String>, but commit: String) throws(GitError) {
        // The same objects make a pack of the same name: then it is the newer one.
        guard try !packs().subtracting(old).isEmpty, let kept = try keptCommits().last(where: { $0.id == commit })
        else {
            return
        }
        let edge = Set(try shallowCommits())
        // First what says that they are whole, then they: killed in between, nothing is believed that is not there.
        try Self.replace(commitsFile, with: ["\(kept.id) \(kept.source)"])
        try Self.replace(shallowFile, with: edge.intersection([commit]).sorted())
        close()
        for (folder, name) in try packFiles() where old.contains(String(name.prefix { $0 != "." })) {
            _ = unlink(folder.appending(name).string)
        }
    }

    /// Removes what a killed process left of a pack. The caller holds the lock, so nobody is writing one.
    func removeUnfinishedPacks() throws(GitError) {
        for (folder, name) in try packFiles() where name.hasPrefix("pack_") {
            _ = unlink(folder.appending(name).string)
        }
    }

    private func packFiles() throws(GitError) -> [(folder: FilePath, name: String)] {
        let folder = path.appending("objects").appending("pack")
        guard let stream = opendir(folder.string) else { return [] }
        defer { closedir(stream) }
        var names: [(FilePath, String)] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("pack") { names.append((folder, name)) }
        }
        return names
    }

    private static func lines(of file: FilePath) throws(GitError) -> [String] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
            let bytes = try descriptor.closeAfter {
                // 1 MiB: far beyond what is ever written there.
                try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                    while count < buffer.count {
                        let read = try descriptor.read(
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                        if read == 0 { break }
                        count += read
                    }
                }
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            return []
        } catch {
            throw GitError(writing: file.string, error)
        }
    }

    private static func replace(_ file: FilePath, with lines: [String]) throws(GitError) {
        let new = FilePath(file.string + ".new")
        do {
            let descriptor = try FileDescriptor.open(
                new, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            try descriptor.closeAfter {
                _ = try descriptor.writeAll(lines.map { $0 + "\n" }.joined().utf8)
                if fsync(descriptor.rawValue) != 0 { throw Errno.last }
            }
            if rename(new.string, file.string) != 0 { throw Errno.last }
        } catch {
            throw GitError(writing: file.string, error)
        }
    }
}
