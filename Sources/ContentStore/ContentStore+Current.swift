import FoundationEssentials
public import SystemPackage

/// Which of several items of one name is meant.
///
/// `current/<key>/program` is a link to a file of a published tree, and `current/<key>/links` names, a line each, the
/// links to it that were put outside the store. Both outlive the trees, and the catalog that is made anew.
extension ContentStore {
    /// What a link outside the store leads to, whichever tree's file it is that `name` means.
    public func currentLink(of name: String) -> FilePath { currentFolder(of: name).appending("program") }

    /// The file that `name` means; nil where nothing was chosen. It may be gone.
    public func current(of name: String) throws(StoreError) -> FilePath? {
        let link = currentLink(of: name)
        guard FileSystem.status(link)?.type == .symbolicLink else { return nil }
        let path = link.removingLastComponent().pushing(FilePath(try FileSystem.readLink(link)))
        return path.lexicallyNormalized()
    }

    /// Lets `name` mean a file of a published tree; in one step, and durably.
    public func setCurrent(_ program: FilePath, of name: String) throws(StoreError) {
        if try current(of: name) == program { return }
        var path = program
        guard path.removePrefix(root) else {
            throw StoreError(.unsafe, "\(program.visible) does not lie in the store \(root.visible)")
        }
        let link = currentLink(of: name)
        try FileSystem.makeFolders(link.removingLastComponent(), durable: true)
        // The caller holds a lock: what is here by this name a crash has left.
        let fresh = link.removingLastComponent().appending("program.new")
        try FileSystem.removeFile(fresh)
        try FileSystem.symbolicLink(to: "../../\(path.string)", at: fresh)
        try FileSystem.move(fresh, to: link)
        try FileSystem.syncFolder(link.removingLastComponent())
    }

    /// Lets `name` mean nothing any more, and forgets its links.
    public func clearCurrent(of name: String) throws(StoreError) {
        let folder = currentFolder(of: name)
        guard FileSystem.status(folder) != nil else { return }
        try FileSystem.removeTree(folder)
    }

    /// The links outside the store that were noted for `name`.
    public func outsideLinks(of name: String) throws(StoreError) -> [FilePath] {
        let list = currentFolder(of: name).appending("links")
        guard FileSystem.status(list) != nil else { return [] }
        let bytes = try FileSystem.read(list, limit: 1 << 20)
        return bytes.split(separator: UInt8(ascii: "\n")).map { FilePath(String(decoding: $0, as: UTF8.self)) }
    }

    /// Notes a link outside the store. The caller holds a lock.
    public func noteOutsideLink(_ path: FilePath, of name: String) throws(StoreError) {
        let known = try outsideLinks(of: name)
        if known.contains(path) { return }
        let folder = currentFolder(of: name)
        try FileSystem.makeFolders(folder, durable: true)
        let text = (known + [path]).map { "\($0.string)\n" }.joined()
        try FileSystem.write(Array(text.utf8), to: folder.appending("links"), mode: [.ownerReadWrite])
        try FileSystem.syncFolder(folder)
    }

    private func currentFolder(of name: String) -> FilePath {
        root.appending("current").appending(Self.key(for: name))
    }
}
