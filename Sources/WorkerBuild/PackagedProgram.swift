import ArtifactTypes
import Processes
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The program among what a package has: at `path`, else in a `bin` folder under the first of `names` that is there,
/// else the only executable of the `bin` folders, else the only one at all.
///
/// - Throws: `unsafeOutput`, with the list to choose from.
func packagedProgram(_ path: RelativePath?, names: [String], in root: FilePath) throws(BuildError) -> FilePath {
    if let path { return try program(path, in: root) }
    let executables = executables(in: root)
    let inBin = executables.filter { $0.parent?.lastComponent == "bin" }
    for name in names {
        if let found = inBin.first(where: { $0.lastComponent == name }) { return try program(found, in: root) }
    }
    for list in [inBin, executables] where list.count == 1 { return try program(list[0], in: root) }
    throw BuildError(
        .unsafeOutput,
        executables.isEmpty
            ? "package() left no executable"
            : "package() left \(executables.count) executables, none of them called \(names[0]): "
                + executables.prefix(20).map(\.string).joined(separator: ", "),
        remedy: "name the worker's with 'binary' in its [[worker]] table")
}

/// Regular files that anyone may execute, in the order of their paths. Links are not followed.
private func executables(in root: FilePath) -> [RelativePath] {
    var found: [RelativePath] = []
    var queue: [String] = [""]
    while let folder = queue.popLast() {
        for name in folderEntries(root.appending(folder)) where name != "." && name != ".." {
            guard let path = try? RelativePath(folder.isEmpty ? name : "\(folder)/\(name)") else { continue }
            var status = stat()
            guard lstat(root.appending(path.string).string, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: queue.append(path.string)
            case S_IFREG where status.st_mode & 0o111 != 0: found.append(path)
            default: break
            }
        }
    }
    return found.sorted()
}
