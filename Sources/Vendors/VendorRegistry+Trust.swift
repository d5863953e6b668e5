public import Provisioning

/// What the vendor's trust table says of the reference that it was found for.
extension VendorRegistry.Match {
    /// - Parameters:
    ///   - resolution: nil while the vendor was not asked.
    ///   - unpacked: what is in the tree once its archives are unpacked; nil before.
    public func verdicts(_ resolution: Resolution? = nil, unpacked: [RemoteFile]? = nil) -> [TrustVerdict] {
        configuration.verdicts(on: reference, resolution, unpacked: unpacked, by: provisioner)
    }

    /// - Throws: `.untrusted`, naming the first rule that refuses, and where it stands.
    public func checkTrust(
        _ resolution: Resolution? = nil, unpacked: [RemoteFile]? = nil
    ) throws(ProvisionError) {
        try configuration.checkTrust(reference, resolution, unpacked: unpacked, by: provisioner)
    }

    /// The error for what turns out to be more than `max-size` while it arrives; nil where there is no such rule.
    ///
    /// - Parameter state: what is measured, as `unpacked`; empty for what comes.
    public func refusal(ofMoreThanAllowed state: String) -> ProvisionError? {
        configuration.refusal(of: reference, becauseMoreThanAllowed: state)
    }
}
