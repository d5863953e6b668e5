import ArtifactTypes
import Provisioning

extension VendorRegistry {
    /// The vendors in use that know which workers there are, and have something to ask. A broken one is left out; the
    /// list of vendors says so.
    public var workerDirectories: [Instance] {
        active.compactMap { slot in
            guard let configuration = slot.configuration, configuration.enabled,
                configuration.provides.contains(.worker), let provisioner = try? provisioner(of: configuration),
                let directory = provisioner as? any WorkerDirectory, directory.isConfigured
            else { return nil }
            return Instance(name: slot.name, configuration: configuration, provisioner: provisioner)
        }
    }
}
