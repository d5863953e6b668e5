import CArchive

/// libarchive, with the compressions that it was built with.
public var archiveLibraryVersion: String { String(cString: archive_version_details()) }
