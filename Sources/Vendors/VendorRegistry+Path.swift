public import Provisioning
public import SystemPackage

extension VendorRegistry {
    /// The vendor of one file, wherever it lies, checked like those that were read.
    ///
    /// - Throws: `.notFound` for a file that cannot be read, `.configuration` with the place of what is wrong in it.
    public func vendor(at file: FilePath) throws(ProvisionError) -> Instance {
        let text: String
        do {
            text = try FolderFile(file).read()
        } catch {
            throw ProvisionError(.notFound, error.message, remedy: "name a vendor, or the path of its vendors.d file")
        }
        do throws(ProvisionError) {
            let parsed = try Self.checked(text, at: file, modules: descriptors)
            let provisioner = try make(parsed.configuration).mapError { parsed.placed($0, at: file) }.get()
            return Instance(
                name: parsed.configuration.name, configuration: parsed.configuration, provisioner: provisioner)
        } catch {
            throw ProvisionError(.configuration, error.message, remedy: error.remedy)
        }
    }

    /// A vendor that no file describes.
    ///
    /// - Throws: `.configuration` for what its module refuses.
    public func vendor(_ configuration: VendorConfiguration) throws(ProvisionError) -> Instance {
        Instance(
            name: configuration.name, configuration: configuration, provisioner: try make(configuration).get())
    }

    /// The same modules with one vendor alone, made anew.
    public func only(_ vendor: Instance) -> VendorRegistry {
        VendorRegistry(
            slots: [VendorSlot(builtIn: vendor.configuration)], folders: [], modules: Array(modules.values),
            services: services)
    }
}
