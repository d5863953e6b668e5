import ContentStore
public import Provisioning
public import SystemPackage
import Transfer
import VendorServices
public import Vendors

/// What can be learned of an artifact before any of its payload is fetched.
extension Pipeline {
    /// The revision that a reference is at now.
    public func currentRevision(
        of match: VendorRegistry.Match, for job: ProvisionJob
    ) async throws(ProvisionError) -> String {
        try match.checkTrust()
        return try await match.provisioner.revision(of: match.reference, in: job.context(known: nil))
    }

    /// How much of a plan's files need not be fetched. Nothing is read but names, sizes and journals.
    public func presentBytes(of plan: Plan, for job: ProvisionJob) throws(ProvisionError) -> PresentBytes {
        do {
            return presentBytes(
                of: try wanted(plan.resolution.files, of: plan, for: job), of: plan, in: caches.listed(), for: job)
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// - Parameter caches: listed, since each of the files is looked for in them.
    func presentBytes(
        of wanted: [WantedFile], of plan: Plan, in caches: BlobCaches, for job: ProvisionJob
    ) -> PresentBytes {
        var present = PresentBytes()
        for file in wanted {
            guard let size = file.remote.size else { continue }
            if !job.force, file.isHere(in: store) {
                present.stored &+= size
            } else if plan.localPath(of: file.remote) != nil || !caches.candidates(for: file, job).isEmpty {
                present.elsewhere &+= size
            } else if file.isBrought {
                present.begun &+= bytesLeft(of: file.remote, in: plan)
            } else {
                let partial = store.partial(named: plan.partialName(of: file.remote))
                let download = Download(
                    sources: [], size: size, digest: file.remote.digest ?? file.seen, partial: partial.part,
                    journal: partial.journal)
                present.begun &+= download.heldBytes
            }
        }
        return present
    }

    /// Where the content of a file lies that is on this machine already, in the store or where the user named it.
    public func localPath(of file: RemoteFile, of plan: Plan) throws(ProvisionError) -> FilePath? {
        do {
            let wanted = WantedFile(remote: file, seen: try seenBefore(of: plan)[file.path])
            if wanted.isHere(in: store) { return wanted.blob.map(store.blobPath) }
            return file.unpack == .none ? plan.localPath(of: file) : nil
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// A part of a remote file, from the first source that gives it.
    ///
    /// - Parameter range: bounded by the caller; it is held in memory.
    /// - Throws: `.unavailable` where no source answers with just that part, and whatever the last one failed by.
    public func read(
        _ file: RemoteFile, _ range: Range<Int64>, of plan: Plan
    ) async throws(ProvisionError) -> [UInt8] {
        var failure = ProvisionError(.unavailable, "\(file.path) has no source")
        let mirrors = file.sources.count > 1 ? registry.services.mirrors : .none
        for source in mirrors.order(file.sources, by: { MirrorHealth.server(of: $0.url) }) {
            do throws(TransferError) {
                let answer = try await engine.send(
                    TransferRequest(
                        url: source.url,
                        headers: [
                            "Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)", "Accept-Encoding": "identity",
                        ],
                        secretHeaders: source.headers,
                        access: TransferAccess(plan.match.provisioner.access(for: plan.match.reference)),
                        maximumBytes: range.count))
                let isPart = answer.status == 206 || (answer.status == 200 && range.lowerBound == 0)
                if isPart, answer.body.count == range.count { return answer.body }
                failure = ProvisionError(
                    .unavailable, "\(file.path): the server gives no part of it (status \(answer.status))")
            } catch {
                if error.code == .cancelled { throw ProvisionError(transfer: error) }
                mirrors.remember(error, at: source.url)
                failure = ProvisionError(transfer: error)
            }
        }
        throw failure
    }
}
