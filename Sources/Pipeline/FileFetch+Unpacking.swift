import Archives
import ArtifactTypes
import ContentStore
import Foundation
import Provisioning
import SystemPackage
import Transfer
import Vendors

/// Archives are unpacked into the tree while they arrive: who waits for the network has a core to spare. Of a tree whose
/// archive turns out to be wrong nothing is published, so nothing is lost by believing it until then.
extension FileFetch {
    /// Fetches the archive into its partial and unpacks it behind the front of what has come.
    /// - Returns: the archive's size in bytes.
    func fetchUnpacking(_ file: WantedFile, as name: String, _ lock: HeldLock) async throws -> Int64 {
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
    ) async throws -> Int64 {
        try await withThrowingTaskGroup(of: Int64.self) { group in
            group.addTask {
                try await unpack(file.remote, from: archive)
                return 0
            }
            group.addTask {
                let outcome = try await download(file, as: name, lock) { arrival in
                    switch arrival {
                    case .reached(let front): archive.advance(to: front)
                    case .begunAnew: archive.beginAnew()
                    }
                }
                job.progress(.stage("unpacking \(file.remote.path)"))
                archive.finish(at: outcome.size)
                return outcome.size
            }
            // Whichever fails first ends the other: without more bytes an extraction would wait for ever, and a full
            // disk ends the download.
            return try await group.reduce(0, +)
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
        try await unpack(remote, from: archive)
        job.progress(.fileDone(path: remote.path.string, bytes: remote.size ?? 0))
    }

    private func unpack(_ remote: RemoteFile, from archive: ArrivingFile) async throws(ProvisionError) {
        guard let tree else { return }
        var policy = ExtractionPolicy()
        let limit = plan.match.configuration.trust.maximumSize.flatMap { $0 < policy.maximumBytes ? $0 : nil }
        policy.maximumBytes = limit ?? policy.maximumBytes
        do {
            switch remote.unpack {
            case .none: break
            case .archive(let strip):
                policy.strip = strip.map { .components($0) } ?? .singleTopFolder
                try await extract(archive, into: tree, policy, name: plan.partialName(of: remote))
            case .single:
                let target = tree.path(remote.path)
                try FileManager.default.createDirectory(
                    atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
                let expanded = try await Archive.expandSingle(
                    archive, to: target, isExecutable: plan.item.kind == .worker, policy: policy)
                if let digest = expanded.digest { tree.note(digest, of: remote.path) }
            }
        } catch {
            if limit != nil, (error as? ArchiveError)?.code == .tooLarge,
                let refusal = plan.match.refusal(ofMoreThanAllowed: "unpacked")
            {
                throw refusal
            }
            throw ProvisionError(pipeline: error).of("\(plan.subject): unpacking \(remote.path)")
        }
    }

    /// An archive wants an empty folder. One of several files gets a folder of its own, and what it had moves in beside
    /// the others.
    private func extract(
        _ archive: ArrivingFile, into tree: StagedTree, _ policy: ExtractionPolicy, name: String
    ) async throws {
        guard plan.resolution.files.count > 1 else {
            return note(try await Archive.extract(archive, into: tree.root, policy: policy), in: tree)
        }
        try await store.withTree(job: "\(job.id)-\(name)") { scratch in
            let report = try await Archive.extract(archive, into: scratch.root, policy: policy)
            try await tree.moveIn(scratch.root)
            note(report, in: tree)
        }
    }

    private func note(_ report: ExtractionReport, in tree: StagedTree) {
        for file in report.files {
            if let digest = file.digest { tree.note(digest, of: file.path) }
        }
    }
}
