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

    /// The files of a plan that are here already.
    public func filesHere(of plan: Plan) throws(ProvisionError) -> [RemoteFile] {
        do {
            let seen = try seenBefore(of: plan)
            return plan.resolution.files.filter { WantedFile(remote: $0, seen: seen[$0.path]).isHere(in: store) }
        } catch {
            throw ProvisionError(pipeline: error)
        }
    }

    /// Where the content of a file lies that is here already.
    public func localPath(of file: RemoteFile, of plan: Plan) throws(ProvisionError) -> FilePath? {
        do {
            let wanted = WantedFile(remote: file, seen: try seenBefore(of: plan)[file.path])
            return wanted.isHere(in: store) ? wanted.blob.map(store.blobPath) : nil
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
