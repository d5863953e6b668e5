import Archives
import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import Transfer

/// Archives are unpacked into the tree while they arrive: who waits for the network has a core to spare. Of a tree whose
/// archive turns out to be wrong nothing is published, so nothing is lost by believing it until then.
extension FileFetch {
    struct Unpacked: Sendable {
        /// The archive's, in bytes.
        var size: Int64 = 0
        /// The name of the folder that held all of it.
        var topFolder: String?
    }

    /// Fetches the archive into its partial and unpacks it behind the front of what has come.
    func fetchUnpacking(_ file: WantedFile, as name: String, _ lock: HeldLock) async throws -> Unpacked {
        let hasDigest = file.remote.digest ?? file.seen != nil
        let doubt: ArrivingFile.Doubt = !hasDigest ? .none : file.remote.sources.count == 1 ? .damage : .source
        let archive = ArrivingFile(store.partial(named: name).part, doubt: doubt)
        do {
            return try await fetch(file, as: name, lock, unpacking: archive)
        } catch let error as ProvisionError {
            // What is refused is of no use to a later attempt: it would go on from bytes of which nobody knows whether
            // they are right. Those that have the right digest are refused again without being fetched again.
            let isRefused = error.code == .unsafeContent || error.code == .digestMismatch
            if isRefused, !hasDigest || !archive.isFinished { try store.removePartial(named: name) }
            throw error
        }
    }

    private func fetch(
        _ file: WantedFile, as name: String, _ lock: HeldLock, unpacking archive: ArrivingFile
    ) async throws -> Unpacked {
        try await withThrowingTaskGroup(of: Unpacked.self) { group in
            group.addTask { Unpacked(topFolder: try await unpack(file.remote, from: archive)) }
            group.addTask {
                let outcome = try await download(file, as: name, lock) { arrival in
                    switch arrival {
                    case .reached(let front): archive.advance(to: front)
                    case .begunAnew: archive.beginAnew()
                    }
                }
                job.progress(.stage("unpacking \(file.remote.path)"))
                archive.finish(at: outcome.size)
                return Unpacked(size: outcome.size)
            }
            // Whichever fails first ends the other: without more bytes an extraction would wait for ever, and a full
            // disk ends the download.
            return try await group.reduce(into: Unpacked()) { all, one in
                all.size += one.size
                all.topFolder = all.topFolder ?? one.topFolder
            }
        }
    }

    /// The archive's content from a blob of the store; nil where there is none.
    func unpackBlob(_ remote: RemoteFile) async throws -> Pipeline.Fetched? {
        // A signature is judged over the partial.
        guard !job.force, remote.unpack != .none, remote.signature == nil, let digest = remote.digest,
            digest.algorithm == .sha256, store.hasBlob(digest, size: remote.size)
        else { return nil }
        try await unpack(remote, whole: store.blobPath(digest))
        return Pipeline.Fetched()
    }

    /// Unpacks an archive that lies on this machine.
    func unpack(_ remote: RemoteFile, whole file: FilePath) async throws {
        let archive: ArrivingFile
        do throws(ArchiveError) { archive = try ArrivingFile(whole: file) } catch {
            throw ProvisionError(archive: error).of(remote.path.string)
        }
        job.progress(.stage("unpacking \(remote.path)"))
        _ = try await unpack(remote, from: archive)
        job.progress(.fileDone(path: remote.path.string, bytes: remote.size ?? 0))
    }

    /// - Returns: the name of the folder that held all of an archive.
    private func unpack(_ remote: RemoteFile, from archive: ArrivingFile) async throws(ProvisionError) -> String? {
        guard let tree else { return nil }
        var policy = plan.match.extractionPolicy
        do {
            switch remote.unpack {
            case .none: break
            case .archive(let strip):
                policy.strip = strip.map { .components($0) } ?? .singleTopFolder
                return try await extract(archive, into: tree, policy, name: plan.partialName(of: remote))
            case .single:
                let target = tree.path(remote.path)
                try FileManager.default.createDirectory(
                    atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
                let expanded = try await Archive.expandSingle(
                    archive, to: target, isExecutable: plan.item.kind == .worker, policy: policy)
                if let digest = expanded.digest { tree.note(digest, of: remote.path) }
            }
            return nil
        } catch {
            if let refusal = plan.match.refusal(of: error) { throw refusal }
            throw ProvisionError(pipeline: error).of("\(plan.subject): unpacking \(remote.path)")
        }
    }

    /// An archive wants an empty folder. One of several files gets a folder of its own, and what it had moves in beside
    /// the others.
    private func extract(
        _ archive: ArrivingFile, into tree: StagedTree, _ policy: ExtractionPolicy, name: String
    ) async throws -> String? {
        guard plan.resolution.files.count > 1 else {
            return note(try await Archive.extract(archive, into: tree.root, policy: policy), in: tree)
        }
        return try await store.withTree(job: "\(job.id)-\(name)") { scratch in
            let report = try await Archive.extract(archive, into: scratch.root, policy: policy)
            try await tree.moveIn(scratch.root)
            return note(report, in: tree)
        }
    }

    private func note(_ report: ExtractionReport, in tree: StagedTree) -> String? {
        for file in report.files {
            if let digest = file.digest { tree.note(digest, of: file.path) }
        }
        return report.topFolder
    }
}
