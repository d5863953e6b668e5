public import Provisioning
public import SystemPackage

extension VendorRegistry {
    /// The vendor of one file, wherever it lies, checked like those that were read.
    ///
    /// - Throws: `.configuration` with the place of what is wrong.
    public func vendor(at file: FilePath) throws(ProvisionError) -> Instance {
        let text = try FolderFile(file).read()
        do {
            let parsed = try Self.checked(text, at: file, modules: descriptors)
            let provisioner = try make(parsed.configuration).get()
            return Instance(
                name: parsed.configuration.name, configuration: parsed.configuration, provisioner: provisioner)
        } catch {
            throw ProvisionError(.configuration, error.message, remedy: error.remedy)
        }
    }
}
