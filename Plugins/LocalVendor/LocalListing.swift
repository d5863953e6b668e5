import ArtifactTypes
import Foundation
import Provisioning
import SystemPackage

/// The regular files at a path: the file itself, with the rest of its split set, or all of a folder.
struct LocalListing: Sendable {
    struct File: Sendable {
        /// Where it will be in the model.
        let path: RelativePath
        let location: FilePath
        let size: Int64
        /// The time of the last change of its content, in nanoseconds since 1970.
        let changed: String
    }

    let location: FilePath
    private(set) var files: [File] = []
    let isFolder: Bool
    private var unusable: [String] = []

    /// 10,000: no model has so many; a folder that does is not meant.
    private static let fileLimit = 10_000
    /// 16: as deep as an archive may be.
    private static let depthLimit = 16
    /// So many of the files that are passed over are named.
    private static let noteLimit = 10

    /// - Throws: `.notFound` where nothing is, `.invalid` for what is neither a file nor a folder, `.io`.
    init(_ path: FilePath) throws(ProvisionError) {
        location = path
        let status = try Self.status(path, followLinks: true)
        isFolder = status.type == .directory
        switch status.type {
        case .directory:
            try add(folder: path, below: nil, depth: 0)
            guard !files.isEmpty else {
                let notes = notes.map { "; \($0)" }.joined()
                throw ProvisionError(
                    .notFound, "\(path.shown) has no files\(notes)",
                    remedy: "hidden files are left out; name a file, or the folder that has them")
            }
        case .regular:
            for name in try Self.set(of: path) { try add(path.removingLastComponent().appending(name), as: name) }
        default:
            throw ProvisionError(.invalid, "\(path.shown) is neither a file nor a folder")
        }
        files.sort { $0.path < $1.path }
    }

    /// What was passed over, to be said aloud.
    var notes: [String] {
        var notes = unusable.prefix(Self.noteLimit).map { "passed over \($0.visiblyEscaped)" }
        if unusable.count > notes.count { notes.append("passed over \(unusable.count - notes.count) more") }
        return notes
    }

    private mutating func add(folder: FilePath, below parent: String?, depth: Int) throws(ProvisionError) {
        guard depth < Self.depthLimit else {
            throw ProvisionError(.invalid, "\(folder.shown) lies more than \(Self.depthLimit) folders deep")
        }
        for name in try Self.names(in: folder) where !name.hasPrefix(".") {
            let location = folder.appending(name)
            let inner = parent.map { "\($0)/\(name)" } ?? name
            switch try Self.status(location, followLinks: false).type {
            case .directory: try add(folder: location, below: inner, depth: depth + 1)
            case .regular: try add(location, as: inner)
            case .symbolicLink:
                // As the Hugging Face cache has them. Of a folder elsewhere the user has said nothing.
                guard let target = try? location.stat(followTargetSymlink: true) else {
                    unusable.append("\(inner): a link to nothing")
                    continue
                }
                guard target.type == .regular else {
                    unusable.append("\(inner): a link to no regular file")
                    continue
                }
                try add(location, as: inner)
            default: unusable.append("\(inner): not a regular file")
            }
        }
    }

    private mutating func add(_ location: FilePath, as name: String) throws(ProvisionError) {
        let status = try Self.status(location, followLinks: true)
        let path: RelativePath
        do {
            path = try RelativePath(name)
        } catch {
            if !isFolder { throw ProvisionError(.unsafeContent, error.description) }
            unusable.append(error.description)
            return
        }
        guard files.count < Self.fileLimit else {
            throw ProvisionError(.invalid, "more than \(Self.fileLimit) files: that is no model")
        }
        let time = status.st_mtim
        files.append(
            File(path: path, location: location, size: status.size, changed: "\(time.tv_sec).\(time.tv_nsec)"))
    }

    /// The names of a split set (`x-00001-of-00003.gguf`) that the file is one of; else its own alone.
    private static func set(of path: FilePath) throws(ProvisionError) -> [String] {
        let name = path.lastComponent?.string ?? ""
        guard let shard = name.wholeMatch(of: /(.+)-[0-9]{5}-of-([0-9]{5})(\.[A-Za-z]+)/), let total = Int(shard.2)
        else { return [name] }
        let (stem, count, suffix) = (shard.1 + "-", "-of-\(shard.2)", shard.3)
        let names = try names(in: path.removingLastComponent()).filter { other in
            other.utf8.count == name.utf8.count && other.hasPrefix(stem) && other.hasSuffix(count + suffix)
        }
        guard names.count == total else {
            throw ProvisionError(
                .notFound, "\(path.shown) is one of \(total) files, and \(names.count) of them are there",
                remedy: "put the others beside it")
        }
        return names
    }

    private static func names(in folder: FilePath) throws(ProvisionError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        } catch {
            throw ProvisionError(
                .io(errno: Errno.permissionDenied.rawValue), "cannot list \(folder.shown): \(Errno(foundation: error))")
        }
    }

    private static func status(_ path: FilePath, followLinks: Bool) throws(ProvisionError) -> Stat {
        do {
            return try path.stat(followTargetSymlink: followLinks)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            throw ProvisionError(.notFound, "\(path.shown) does not exist")
        } catch {
            throw ProvisionError(.io(errno: error.rawValue), "cannot read \(path.shown): \(error)")
        }
    }
}

extension FilePath {
    /// The path as a message may show it.
    fileprivate var shown: String { string.visiblyEscaped }
}
