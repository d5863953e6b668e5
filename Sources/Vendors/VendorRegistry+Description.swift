public import Provisioning
import SystemPackage

extension VendorRegistry {
    /// Every value of a vendor's configuration and where it was said.
    ///
    /// - Throws: `.invalid` for a name that is none, `.configuration` for one whose file cannot be read.
    public func describe(_ name: String) throws(ProvisionError) -> VendorDescription {
        guard let slot = active.first(where: { $0.name == name }) else { throw unknown(name) }
        guard case .loaded(let file) = slot.content else {
            // The error in the file is all that can be told.
            _ = try usable(slot)
            throw unknown(name)
        }
        guard let module = modules[file.configuration.module] else {
            throw ProvisionError(.configuration, "there is no module \(file.configuration.module)")
        }
        let failure: ProvisionError? =
            file.configuration.enabled ? make(file.configuration).failure : nil
        let entry = slot.entry(makeFailure: failure)
        var reader = SettingReader(file, module.descriptor, environment: services.environment)
        return VendorDescription(
            name: name, module: file.configuration.module, enabled: file.configuration.enabled,
            file: slot.file?.string, state: entry.state.name, error: entry.error,
            replaces: slots.filter { $0.isShadowed && $0.name == name }.map { $0.file?.string },
            settings: reader.read())
    }
}
