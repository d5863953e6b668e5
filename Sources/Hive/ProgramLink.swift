import Foundation
import Provisioning
import SystemPackage

/// A name in a folder of `PATH` that leads to a worker of the store, whichever version that is.
struct ProgramLink {
    let path: FilePath
    /// What it leads to, in the store.
    let target: FilePath
    /// Links that lead below it are ours.
    let store: FilePath

    private enum Found {
        case nothing
        case this
        /// Another one of ours.
        case ours
        case foreign
    }

    /// Sees whether `make` could do it.
    ///
    /// - Throws: as `make`.
    func check() throws(ProvisionError) {
        if case .foreign = found { throw taken }
        var folder = path.removingLastComponent()
        while access(folder.string, F_OK) != 0, errno == ENOENT || errno == ENOTDIR, folder.removeLastComponent() {}
        guard (try? folder.stat())?.type == .directory else { throw failed(.notDirectory) }
        guard access(folder.string, W_OK | X_OK) == 0 else { throw failed(Errno(rawValue: errno)) }
    }

    /// Makes the link, and the folder that it is in.
    ///
    /// - Throws: `.io` where something that is not ours is there, or the link cannot be made.
    func make() throws(ProvisionError) {
        do {
            try Self.makeFolder(path.removingLastComponent())
            switch found {
            case .this: return
            case .foreign: throw taken
            case .nothing:
                // Fails where something has come there meanwhile.
                try link(at: path)
            case .ours:
                let fresh = path.removingLastComponent().appending(".\(UUID().uuidString)")
                try link(at: fresh)
                guard rename(fresh.string, path.string) == 0 else {
                    let failure = Errno(rawValue: errno)
                    unlink(fresh.string)
                    throw failure
                }
            }
        } catch let error as ProvisionError {
            throw error
        } catch {
            throw failed(error as? Errno ?? .ioError)
        }
    }

    private static func makeFolder(_ folder: FilePath) throws(Errno) {
        if mkdir(folder.string, 0o777) == 0 || errno == EEXIST { return }
        let failure = Errno(rawValue: errno)
        let parent = folder.removingLastComponent()
        guard failure == .noSuchFileOrDirectory, parent != folder else { throw failure }
        try makeFolder(parent)
        guard mkdir(folder.string, 0o777) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    private func failed(_ failure: Errno) -> ProvisionError {
        ProvisionError(
            .io(errno: failure.rawValue), "cannot put a link at \(path): \(failure)",
            remedy: "name another folder with --link")
    }

    /// Removes the link, if it is this one.
    func remove() throws(ProvisionError) {
        guard case .this = found else { return }
        guard unlink(path.string) == 0 || errno == ENOENT else {
            let failure = Errno(rawValue: errno)
            throw ProvisionError(.io(errno: failure.rawValue), "cannot remove the link \(path): \(failure)")
        }
    }

    private func link(at path: FilePath) throws {
        guard symlink(target.string, path.string) == 0 else {
            let failure = Errno(rawValue: errno)
            throw failure == .fileExists ? taken as any Error : failure as any Error
        }
    }

    private var taken: ProvisionError {
        ProvisionError(
            .io(errno: Errno.fileExists.rawValue), "\(path) is there, and is no link of this store's",
            remedy: "move it away, or name another folder")
    }

    private var found: Found {
        guard let status = try? path.stat(followTargetSymlink: false) else { return .nothing }
        guard status.type == .symbolicLink,
            let text = try? FileManager.default.destinationOfSymbolicLink(atPath: path.string)
        else { return .foreign }
        let leads = path.removingLastComponent().pushing(FilePath(text)).lexicallyNormalized()
        if leads == target { return .this }
        return leads.starts(with: store) ? .ours : .foreign
    }
}
