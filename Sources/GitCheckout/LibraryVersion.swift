import CGit2

/// libgit2's version, as `1.5.1`.
public var gitLibraryVersion: String {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    git_libgit2_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
}
