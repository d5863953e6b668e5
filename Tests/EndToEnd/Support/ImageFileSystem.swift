import TestSupport

/// The programs that make the file systems of images that can be mounted here.
enum ImageFileSystem {
    /// Those that can be shut down as a power cut would.
    static let journaling = [["mkfs.ext4", "-q"], ["mkfs.xfs", "-q"]].filter { MountedDisk.canMake($0[0]) }
    /// Those where files can share extents.
    static let sharing = [["mkfs.xfs", "-q"], ["mkfs.btrfs", "-q"]].filter { MountedDisk.canMake($0[0]) }
}
