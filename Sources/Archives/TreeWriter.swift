import Glibc
import SystemPackage

/// Makes a tree below one folder. Each step goes from an open folder to a name in it and follows no link, so that no
/// path can be led elsewhere.
final class TreeWriter {
    private let root: FileDescriptor
    /// The way from the root to the folder that was used last, open; an archive mostly stays where it is.
    private var way: [(name: String, folder: FileDescriptor)] = []

    /// - Throws: `.io(ENOTEMPTY)` for a folder that is not empty: its names would be taken for the archive's.
    init(_ path: FilePath) throws(ArchiveError) {
        do {
            root = try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow, .closeOnExec])
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, "cannot open the folder to extract into")
        }
        do throws(Errno) {
            guard try Self.names(in: root).isEmpty else { throw Errno.directoryNotEmpty }
        } catch {
            throw ArchiveError(error, "cannot extract into the folder")
        }
    }

    deinit {
        leave(to: 0)
        try? root.close()
    }

    func makeFolder(_ path: [String]) throws(Errno) {
        let parent = try folder(path.dropLast())
        try Self.check(mkdirat(parent.rawValue, path[path.count - 1], 0o755))
    }

    /// Makes a file that must not exist and opens it for writing, and for reading what was written.
    func makeFile(_ path: [String], isExecutable: Bool) throws(Errno) -> FileDescriptor {
        let parent = try folder(path.dropLast())
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(parent.rawValue, path[path.count - 1], flags, isExecutable ? 0o755 : 0o644)
        try Self.check(file)
        return FileDescriptor(rawValue: file)
    }

    /// Gives the file `target` one more name.
    func makeHardLink(_ path: [String], to target: [String]) throws(Errno) {
        // A descriptor of its own: the way that is open can lead to one of the two only.
        let source = FileDescriptor(rawValue: fcntl(try folder(target.dropLast()).rawValue, F_DUPFD_CLOEXEC, 0))
        try Self.check(source.rawValue)
        defer { try? source.close() }
        let parent = try folder(path.dropLast())
        try Self.check(
            linkat(source.rawValue, target[target.count - 1], parent.rawValue, path[path.count - 1], 0))
    }

    func makeSymbolicLink(_ path: [String], to target: String) throws(Errno) {
        let parent = try folder(path.dropLast())
        try Self.check(symlinkat(target, parent.rawValue, path[path.count - 1]))
    }

    /// Moves everything in the top folder `name` one level up, and removes it.
    func dissolve(_ name: String) throws(Errno) {
        leave(to: 0)
        let folder = try Self.openFolder(name, in: root)
        defer { try? folder.close() }
        let children = try Self.names(in: folder)
        // The folder may hold a child of its own name.
        var aside = ".dissolving"
        while children.contains(aside) { aside += "." }
        try Self.check(renameat(root.rawValue, name, root.rawValue, aside))
        for child in children {
            try Self.check(renameat(folder.rawValue, child, root.rawValue, child))
        }
        try Self.check(unlinkat(root.rawValue, aside, AT_REMOVEDIR))
    }

    /// Removes everything that was made.
    func removeAll() throws(Errno) {
        leave(to: 0)
        try Self.removeContents(of: root)
    }
}

// MARK: - Folders

extension TreeWriter {
    /// The folder at `path`, which was made before.
    private func folder(_ path: ArraySlice<String>) throws(Errno) -> FileDescriptor {
        let shared = zip(way, path).prefix { $0.0.name.utf8.elementsEqual($0.1.utf8) }.count
        leave(to: shared)
        for name in path.dropFirst(shared) {
            way.append((name, try Self.openFolder(name, in: way.last?.folder ?? root)))
        }
        return way.last?.folder ?? root
    }

    private func leave(to depth: Int) {
        while way.count > depth, let last = way.popLast() { try? last.folder.close() }
    }

    private static func openFolder(_ name: String, in parent: FileDescriptor) throws(Errno) -> FileDescriptor {
        let folder = openat(parent.rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        try check(folder)
        return FileDescriptor(rawValue: folder)
    }

    private static func names(in folder: FileDescriptor) throws(Errno) -> [String] {
        // A description of its own, since reading moves the offset that duplicates share.
        let copy = openat(folder.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try check(copy)
        guard let stream = fdopendir(copy) else {
            let error = Errno(rawValue: errno)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        if errno != 0 { throw Errno(rawValue: errno) }
        return names
    }

    /// As deep as the policy let the tree become.
    private static func removeContents(of folder: FileDescriptor) throws(Errno) {
        for name in try names(in: folder) {
            if unlinkat(folder.rawValue, name, 0) == 0 { continue }
            guard errno == EISDIR || errno == EPERM else { throw Errno(rawValue: errno) }
            let child = try openFolder(name, in: folder)
            defer { try? child.close() }
            try removeContents(of: child)
            try check(unlinkat(folder.rawValue, name, AT_REMOVEDIR))
        }
    }

    private static func check(_ result: Int32) throws(Errno) {
        if result < 0 { throw Errno(rawValue: errno) }
    }
}
