public import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The program of that name, as a shell would find it: in the folders of `path`, first to last, or itself where the
/// name has a slash. Empty and relative entries of `path` are passed over, for they depend on where we stand.
public func findExecutable(_ name: String, path: String?) -> FilePath? {
    guard !name.isEmpty, !name.utf8.contains(0) else { return nil }
    if name.contains("/") {
        let file = FilePath(name)
        return isExecutable(file) ? file : nil
    }
    for folder in (path ?? "").split(separator: ":") where folder.hasPrefix("/") {
        let candidate = FilePath(String(folder)).appending(name)
        if isExecutable(candidate) { return candidate }
    }
    return nil
}

func isExecutable(_ path: FilePath) -> Bool {
    var status = stat()
    return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path.string, X_OK) == 0
}

func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }
