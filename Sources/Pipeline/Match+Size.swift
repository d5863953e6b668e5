import Archives
import ContentStore
import Provisioning
import Vendors

/// What a vendor gives, held to its trust table's `max-size` beyond what it says itself.
extension VendorRegistry.Match {
    /// Judges what lies in a folder that the vendor has filled.
    ///
    /// - Throws: `.untrusted`.
    func checkSize(of resolution: Resolution, in tree: StagedTree) async throws {
        guard configuration.trust.maximumSize != nil else { return }
        let files = try await tree.sizes().map { path, size in
            RemoteFile(path: path, size: size, digest: nil, sources: [])
        }
        try checkTrust(resolution, unpacked: files)
    }

    /// Takes no more than `max-size` out of one archive.
    var extractionPolicy: ExtractionPolicy {
        var policy = ExtractionPolicy()
        policy.maximumBytes = min(policy.maximumBytes, configuration.trust.maximumSize ?? .max)
        return policy
    }

    /// The refusal by `max-size`, where that is what ended an extraction; nil for anything else.
    func refusal(of error: any Error) -> ProvisionError? {
        guard (error as? ArchiveError)?.code == .tooLarge,
            extractionPolicy.maximumBytes == configuration.trust.maximumSize
        else { return nil }
        return refusal(ofMoreThanAllowed: "unpacked")
    }
}
