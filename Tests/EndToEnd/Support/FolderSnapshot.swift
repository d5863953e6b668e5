import Foundation
import SystemPackage

/// A folder as it is at a moment: every name below it, with its type, mode, time of change, and content or target.
struct FolderSnapshot: Equatable {
    private var entries: [String: [String]] = [:]

    init(_ folder: FilePath) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.string) {
            let path = folder.appending(name)
            let status = try path.stat(followTargetSymlink: false)
            var facts = [
                "\(status.mode.rawValue)", "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)", "\(status.linkCount)",
            ]
            switch status.type {
            case .regular: facts.append(try Data(contentsOf: URL(fileURLWithPath: path.string)).base64EncodedString())
            case .symbolicLink:
                facts.append(try FileManager.default.destinationOfSymbolicLink(atPath: path.string))
            default: break
            }
            entries[name] = facts
        }
    }
}
