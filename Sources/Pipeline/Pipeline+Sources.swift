import Archives
public import ArtifactTypes
import ContentStore
import Foundation
public import Provisioning
public import SystemPackage
import Transfer
import VendorServices
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

    /// Gives a checkout a `.git` of what is kept of its repository: the commit itself at HEAD, its tag, and what else
    /// was fetched, so that `git describe` and `git rev-parse` answer. Nothing where nothing is kept, as of a folder.
    public func addHistory(of commit: GitPayload, to folder: FilePath) async throws(ProvisionError) {
        if commit.url.hasPrefix("file:") { return }
        do {
            try await store.withSource(commit.url) { kept in
                let files = FileManager.default
                guard files.fileExists(atPath: kept.appending("objects").string) else { return }
                let target = folder.appending(".git")
                try files.createDirectory(
                    atPath: target.appending("refs/tags").string, withIntermediateDirectories: true)
                // Copies: a build that writes into its own must not reach the kept one.
                for name in ["objects", "shallow"] where files.fileExists(atPath: kept.appending(name).string) {
                    try files.copyItem(atPath: kept.appending(name).string, toPath: target.appending(name).string)
                }
                try Data("[core]\n\trepositoryformatversion = 0\n\tbare = false\n".utf8)
                    .write(to: URL(fileURLWithPath: target.appending("config").string))
                try Data("\(commit.commit)\n".utf8).write(to: URL(fileURLWithPath: target.appending("HEAD").string))
                if let tag = commit.tag {
                    try Data("\(commit.commit) refs/tags/\(tag)\n".utf8)
                        .write(to: URL(fileURLWithPath: target.appending("packed-refs").string))
                }
            }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// A small file whose URL the user configured; it may be private or plain http.
    public func configuredFile(
        _ url: String, maximumBytes: Int, for job: ProvisionJob
    ) async throws(ProvisionError) -> [UInt8] {
        let shown = String(url.prefix { $0 != "?" && $0 != "#" })
        if job.offline { throw ProvisionError(.offline, "\(shown) may not be asked for offline") }
        let origin = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        do throws(TransferError) {
            let answer = try await engine.send(
                TransferRequest(
                    url: url,
                    access: TransferAccess(NetworkAccess(configuredOrigins: [origin.joined(separator: "/")])),
                    maximumBytes: maximumBytes))
            if answer.status == 200 { return answer.body }
            throw TransferError(.status(answer.status), "\(shown) answered with status \(answer.status)")
        } catch {
            throw ProvisionError(transfer: error)
        }
    }

    /// Whether what one of `origins` gave may name a host that is written as a number, as a private network's are.
    public func mayName(_ url: String, from origins: [String]) async -> Bool {
        await TransferAccess(NetworkAccess(configuredOrigins: origins)).mayName(url)
    }

    /// Runs `body` with a folder that outlives jobs, as kept git mirrors do, and that no other job uses meanwhile.
    ///
    /// - Parameter work: what it is held for, as `builds worker`.
    public func withKeptFolder<Value: Sendable>(
        _ name: String, work: String, for job: ProvisionJob, _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let waiting = Waiting(work, job) { _ in }
        return try await store.withSource(name, onWait: { waiting.tell($0) }, body)
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
                let fetching = fileFetch(of: plan, into: tree, access: access, for: job)
                _ = try await fetching.runAlone(WantedFile(remote: file, seen: nil))
                try await plan.match.checkSignature(of: file, at: tree.path(name))
                let target = folder.appending(name.string)
                try FileManager.default.copyItem(atPath: tree.path(name).string, toPath: target.string)
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target.string)
            }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// Unpacks `file` of `folder` into the same folder, beside it, if its name says that it is an archive.
    ///
    /// - Parameter match: whose it is; nil for one that came with the recipe.
    public func unpack(
        _ name: RelativePath, in folder: FilePath, of match: VendorRegistry.Match?
    ) async throws(ProvisionError) {
        let policy = match?.extractionPolicy ?? ExtractionPolicy()
        let file = folder.appending(name.string)
        do {
            let (path, unpack) = try Unpack.payload(of: name)
            switch unpack {
            case .none: break
            case .archive:
                let place = folder.appending(".\(UUID().uuidString)")
                try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: false)
                _ = try await Archive.extract(file, into: place, policy: policy)
                for entry in try FileManager.default.contentsOfDirectory(atPath: place.string) {
                    try FileManager.default.moveItem(
                        atPath: place.appending(entry).string, toPath: folder.appending(entry).string)
                }
                try FileManager.default.removeItem(atPath: place.string)
            case .single:
                _ = try await Archive.expandSingle(file, to: folder.appending(path.string), policy: policy)
            }
        } catch {
            throw match?.refusal(of: error) ?? ProvisionError(pipeline: error).of("unpacking \(name)")
        }
    }
}
