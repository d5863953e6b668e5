import ContentStore
import Foundation
import Pipeline
public import Provisioning
import SystemPackage

/// What a build leaves for people: `builds/<id>` of the store, with the log of one that failed, and all of it where the
/// user said so. The next build of that worker replaces it, and garbage collection removes it.
struct BuildRemains {
    let folder: FilePath
    var log: FilePath { folder.appending("build.log") }

    init(of item: StoreItem, in store: ContentStore) {
        folder = Self.root(of: store).appending(store.treePath(item).lastComponent?.string ?? item.id)
    }

    static func root(of store: ContentStore) -> FilePath { store.root.appending("builds") }

    /// - Parameters:
    ///   - log: copied.
    ///   - folders: moved, each to the name given.
    /// - Returns: whether there is a log to look into.
    @discardableResult
    func keep(log: FilePath, folders: [(name: String, path: FilePath)]) throws -> Bool {
        try clear()
        let hasOutput = (try? log.stat(followTargetSymlink: false).size).map { $0 > 0 } ?? false
        guard hasOutput || !folders.isEmpty else { return false }
        try FileManager.default.createDirectory(
            atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if hasOutput { try FileManager.default.copyItem(atPath: log.string, toPath: self.log.string) }
        for (name, path) in folders where FileManager.default.fileExists(atPath: path.string) {
            try FileManager.default.moveItem(atPath: path.string, toPath: folder.appending(name).string)
        }
        return hasOutput
    }

    func clear() throws {
        guard FileManager.default.fileExists(atPath: folder.string) else { return }
        try FileManager.default.removeItem(atPath: folder.string)
    }
}

extension WorkerProvisioner {
    /// Runs a build. Where it fails its log is kept, and the error says where.
    ///
    /// - Parameter folders: what is kept of one that goes well, too; empty for nothing.
    func keepingRemains<Value: Sendable>(
        of item: StoreItem, log: FilePath, folders: [(name: String, path: FilePath)], for job: ProvisionJob,
        _ build: () async throws -> Value
    ) async throws(ProvisionError) -> Value {
        let remains = BuildRemains(of: item, in: pipeline.store)
        do {
            let value = try await build()
            if folders.isEmpty {
                try remains.clear()
            } else {
                try remains.keep(log: log, folders: folders)
                job.progress(.notice("the build is kept in \(remains.folder)"))
            }
            return value
        } catch {
            var error = ProvisionError(worker: error)
            do {
                if try remains.keep(log: log, folders: folders) {
                    let place = "the output is in \(remains.log)"
                    error.remedy = error.remedy.map { "\($0); \(place)" } ?? place
                }
            } catch {
                // The build's error is the one to tell.
                job.progress(.notice("the build's log could not be kept: \(error)"))
            }
            throw error
        }
    }
}

/// What earlier builds left.
public struct KeptBuild: Sendable {
    /// The worker's id, as folders have it.
    public let name: String
    public let bytes: Int64
}

extension WorkerProvisioner {
    /// Removes what builds left for people.
    ///
    /// - Parameter dryRun: lists it and removes nothing.
    public func removeRemains(dryRun: Bool) throws(ProvisionError) -> [KeptBuild] {
        let root = BuildRemains.root(of: pipeline.store)
        guard FileManager.default.fileExists(atPath: root.string) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: root.string).sorted().map { name in
                let folder = root.appending(name)
                var bytes: Int64 = 0
                for path in try FileManager.default.subpathsOfDirectory(atPath: folder.string) {
                    bytes += try folder.appending(path).stat(followTargetSymlink: false).size
                }
                if !dryRun { try FileManager.default.removeItem(atPath: folder.string) }
                return KeptBuild(name: name, bytes: bytes)
            }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }
}
