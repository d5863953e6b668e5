public import ArtifactTypes
public import SystemPackage

extension StagedTree {
    /// What was written below `root` directly, where regular files alone may lie. Their content is not read.
    ///
    /// - Throws: `unsafe`, naming the entry, for a link, a device, fifo or socket, and a name that is no `RelativePath`.
    public func plainFiles() async throws(StoreError) -> [RelativePath] {
        try await offPool { _ throws(StoreError) in
            let found = try self.walk()
            if let link = found.links.first { throw StoreError(.unsafe, "\(link) is a link") }
            return found.files
        }
    }

    /// The files that were written below `root` directly, and how many bytes each has.
    public func sizes() async throws(StoreError) -> [RelativePath: Int64] {
        try await offPool { _ throws(StoreError) in
            var sizes: [RelativePath: Int64] = [:]
            for path in try self.walk().files { sizes[path] = FileSystem.status(self.path(path))?.size ?? 0 }
            return sizes
        }
    }

    /// More than this is no artifact but an attack on whoever lists it.
    private static let maximumEntries = 1_000_000

    /// Copies a regular file from elsewhere on this machine into the tree, for `scan` to take in; a link is not followed.
    ///
    /// - Throws: `io`, `insufficientSpace`, `cancelled`.
    public func copy(_ source: FilePath, to path: RelativePath, executable: Bool) async throws(StoreError) {
        let target = self.path(path)
        try await offPool { cancellation throws(StoreError) in
            try FileSystem.makeFolders(target.removingLastComponent())
            try FileSystem.withFile(source, .readOnly) { input throws(StoreError) in
                try FileSystem.withFile(
                    target, .readWrite, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite]
                ) { output throws(StoreError) in
                    var hasher = ContentHasher(size: 0)
                    _ = try FileSystem.copy(
                        from: input, source, to: output, target, hasher: &hasher, cancellation: cancellation)
                    try FileSystem.setMode(output, executable ? .executable : .blob, target)
                }
            }
        }
    }

    /// Takes in what was written below `root` directly: hashes each file that `note` told nothing of, cleans its mode
    /// (0444, or 0555 where any execute bit was set; set-user-id goes) and makes it durable. What is recorded already is
    /// left alone.
    ///
    /// - Returns: the files that were new.
    /// - Throws: `unsafe`, naming the entry, for a device, fifo or socket, a link that is absolute or leaves the
    ///   tree, a name that is no `RelativePath`, and colliding names; `cancelled`; `io`.
    @discardableResult
    public func scan() async throws(StoreError) -> [SidecarFile] {
        try await offPool { cancellation throws(StoreError) in
            let found = try self.walk()
            var files: [SidecarFile] = []
            for path in found.files {
                try cancellation.check()
                files.append(try self.takeIn(path, cancellation))
            }
            try FileSystem.syncFiles(files.map { self.path($0.path) }, in: self.root)
            for file in files { try self.record(file) }
            for path in found.links { try self.record(self.checkedLink(path)) }
            return files
        }
    }

    /// What is in the tree and not recorded. Folders are parents first.
    func walk() throws(StoreError) -> (files: [RelativePath], links: [RelativePath], folders: [RelativePath]) {
        var result: (files: [RelativePath], links: [RelativePath], folders: [RelativePath]) = ([], [], [])
        var queue: [RelativePath?] = [nil]
        var next = 0
        var entries = 0
        while next < queue.count {
            let folder = queue[next]
            next += 1
            for name in try FileSystem.names(in: folder.map { path($0) } ?? root) {
                entries += 1
                guard entries <= Self.maximumEntries else {
                    throw StoreError(.unsafe, "\(root.visible) has more than \(Self.maximumEntries) entries")
                }
                let relative: RelativePath
                do {
                    relative = try RelativePath((folder.map { $0.string + "/" } ?? "") + name.string)
                } catch {
                    throw StoreError(.unsafe, error.description)
                }
                switch FileSystem.status(path(relative))?.type {
                case .directory:
                    result.folders.append(relative)
                    queue.append(relative)
                case _ where isRecorded(relative): break
                case .regular: result.files.append(relative)
                case .symbolicLink: result.links.append(relative)
                default:
                    throw StoreError(.unsafe, "\(relative) is neither a file nor a folder nor a link")
                }
            }
        }
        return result
    }

    private func takeIn(
        _ path: RelativePath, _ cancellation: Cancellation
    ) throws(StoreError) -> SidecarFile {
        let file = self.path(path)
        return try FileSystem.withFile(file, .readOnly) { descriptor throws(StoreError) in
            let status = try FileSystem.status(of: descriptor, file)
            guard status.type == .regular else { throw StoreError(.unsafe, "\(path) is not a regular file") }
            let digest: Digest
            if let noted = notedDigest(of: path) {
                digest = noted
            } else {
                digest = try FileSystem.hash(descriptor, file, cancellation: cancellation).digest
            }
            let executable = !status.permissions.isDisjoint(with: [.ownerExecute, .groupExecute, .otherExecute])
            try FileSystem.setMode(descriptor, executable ? .executable : .blob, file)
            return SidecarFile(
                path: path, size: status.size, digest: digest, blob: false, executable: executable)
        }
    }

    /// Decided by where the link leads on this disk, not by its text: another link on the way may turn it.
    private func checkedLink(_ path: RelativePath) throws(StoreError) -> SidecarLink {
        let target = try FileSystem.readLink(self.path(path))
        let root = try FileSystem.resolve(root)
        let shown = "\(path) -> \(target.visiblyEscaped)"
        guard !target.hasPrefix("/") else { throw StoreError(.unsafe, "\(shown): an absolute link") }
        if let end = try? FileSystem.resolve(self.path(path)) {
            guard end.starts(with: root) else { throw StoreError(.unsafe, "\(shown): a link out of its tree") }
        } else if let objection = try objection(toWayOf: path, target) {
            throw StoreError(.unsafe, "\(shown): \(objection)")
        }
        return SidecarLink(path: path, target: target)
    }

    /// A link may lead to nothing: to a library of the system's driver, where there is none. No step of its way may leave
    /// the tree all the same, through whatever links it meets.
    private func objection(toWayOf path: RelativePath, _ target: String) throws(StoreError) -> String? {
        var place = Array(path.components.dropLast())
        var ahead = Array(target.split(separator: "/").reversed())
        var followed = 0
        while let step = ahead.popLast() {
            if step == "." { continue }
            if step == ".." {
                if place.popLast() == nil { return "a link out of its tree" }
                continue
            }
            place.append(String(step))
            let file = root.appending(place.joined(separator: "/"))
            guard FileSystem.status(file)?.type == .symbolicLink else { continue }
            // 40 is what Linux follows.
            followed += 1
            if followed > 40 { return "a loop of links" }
            place.removeLast()
            let next = try FileSystem.readLink(file)
            if next.hasPrefix("/") { return "a link out of its tree" }
            ahead += next.split(separator: "/").reversed()
        }
        return nil
    }
}
