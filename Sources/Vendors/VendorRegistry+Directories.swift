import ArtifactTypes
public import Provisioning

extension VendorRegistry {
    /// The vendors in use that know which workers there are, and have something to ask. A broken one is left out; the
    /// list of vendors says so.
    ///
    /// - Throws: why the first one of those that provide workers cannot be used, where there is no other.
    public func workerDirectories() throws(ProvisionError) -> [Instance] {
        var directories: [Instance] = []
        var failure: ProvisionError?
        for slot in active {
            guard let configuration = slot.configuration, configuration.enabled,
                configuration.provides.contains(.worker)
            else { continue }
            do {
                let provisioner = try provisioner(of: configuration)
                guard let directory = provisioner as? any WorkerDirectory, directory.isConfigured else { continue }
                directories.append(
                    Instance(name: slot.name, configuration: configuration, provisioner: provisioner))
            } catch {
                failure = failure ?? error
            }
        }
        if directories.isEmpty, let failure { throw failure }
        return directories
    }
}
