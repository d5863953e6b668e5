import Archives
import Provisioning
import Vendors

/// A vendor's archives, held to its trust table while they are unpacked.
extension VendorRegistry.Match {
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
