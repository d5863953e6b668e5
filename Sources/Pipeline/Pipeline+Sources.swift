import Archives
public import ArtifactTypes
import ContentStore
import Foundation
public import Provisioning
public import SystemPackage
import Transfer
public import Vendors

/// What a recipe names beside its checkout: further commits and files, put into a folder that no catalog will know.
extension Pipeline {
    /// Fetches the commit that `match`'s vendor resolved to into `folder`, which is made.
    public func fetchCommit(
        _ resolution: Resolution, from match: VendorRegistry.Match, into folder: FilePath, for job: ProvisionJob
    ) async throws(ProvisionError) -> Resolution {
        guard let vendor = match.provisioner as? any FetchingProvisioner else {
            throw ProvisionError(.unsupported, "vendor \(match.name) has no sources to check out")
        }
        do {
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        } catch {
            throw ProvisionError(mapping: error)
        }
        return try await vendor.fetch(resolution, into: StagingArea(root: folder), in: job.context(known: nil))
    }

    /// Fetches one file into `folder`. With a SHA-256 it stays in the store as a blob, and is not fetched twice.
    ///
    /// - Parameters:
    ///   - plan: its only file is fetched and not unpacked.
    ///   - origins: what the user configured: the file's host may be private only if one of them is.
    public func fetchFile(
        of plan: Plan, named name: RelativePath, into folder: FilePath, origins: [String], for job: ProvisionJob
    ) async throws(ProvisionError) {
        guard var file = plan.resolution.files.first, plan.resolution.files.count == 1 else {
            throw ProvisionError(.unsupported, "\(plan.match.reference) is not one file")
        }
        file.path = name
        file.unpack = .none
        var access = plan.match.provisioner.access
        access.configuredOrigins += origins
        do {
            try await store.withTree(job: job.id + "-file") { [access, file] tree in
                let fetching = FileFetch(
                    plan: plan, tree: tree, job: job, access: TransferAccess(access), store: store, engine: engine,
                    caches: caches)
                _ = try await fetching.runAlone(WantedFile(remote: file, seen: nil))
                let target = folder.appending(name.string)
                try FileManager.default.copyItem(atPath: tree.path(name).string, toPath: target.string)
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target.string)
            }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// Unpacks `file` of `folder` into the same folder, beside it, if its name says that it is an archive.
    public func unpack(_ name: RelativePath, in folder: FilePath) async throws(ProvisionError) {
        let file = folder.appending(name.string)
        let lower = name.string.lowercased()
        do {
            if Self.archives.contains(where: { lower.hasSuffix($0) }) {
                let place = folder.appending(".\(UUID().uuidString)")
                try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: false)
                _ = try await Archive.extract(file, into: place)
                for entry in try FileManager.default.contentsOfDirectory(atPath: place.string) {
                    try FileManager.default.moveItem(
                        atPath: place.appending(entry).string, toPath: folder.appending(entry).string)
                }
                try FileManager.default.removeItem(atPath: place.string)
            } else if let suffix = Self.compressions.first(where: { lower.hasSuffix($0) && lower != $0 }) {
                let target = folder.appending(String(name.string.dropLast(suffix.count)))
                _ = try await Archive.expandSingle(file, to: target)
            }
        } catch {
            throw ProvisionError(pipeline: error).of("unpacking \(name)")
        }
    }

    private static let archives = [
        ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.lz4", ".zip",
    ]
    private static let compressions = [".gz", ".zst", ".xz", ".bz2", ".lz4"]
}
