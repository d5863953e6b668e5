import ArtifactTypes
import Provisioning
import SystemPackage

/// One built-in instance or one file of a vendors.d folder, as it was read.
struct VendorSlot: Sendable {
    enum Content: Sendable {
        case loaded(VendorFile)
        case broken(VendorFileError)
    }

    let name: String
    /// Which of the folders it came from, the later the higher; 0 for a built-in vendor.
    let folder: Int
    let file: FilePath?
    let content: Content
    /// Of a broken file, what can still be read of it.
    var salvage = VendorSalvage()
    /// A later slot has the same name.
    var isShadowed = false

    init(name: String, folder: Int, file: FilePath?, content: Content) {
        self.name = name
        self.folder = folder
        self.file = file
        self.content = content
    }

    init(builtIn configuration: VendorConfiguration) {
        self.init(
            name: configuration.name, folder: 0, file: nil,
            content: .loaded(VendorFile(builtIn: configuration)))
    }

    /// Nil for a broken file.
    var configuration: VendorConfiguration? {
        if case .loaded(let file) = content { file.configuration } else { nil }
    }

    /// The recipes of a vendor that is in use.
    var recipes: [WorkerRecipeTable] {
        guard !isShadowed, case .loaded(let file) = content, file.configuration.enabled else { return [] }
        return file.recipes
    }

    /// - Parameter makeFailure: why the module refused the options, if it did.
    func entry(makeFailure: ProvisionError?) -> VendorEntry {
        switch content {
        case .broken(let error):
            return VendorEntry(
                name: name, module: nil, provides: [], priority: 50, enabled: false, file: file?.string,
                state: isShadowed ? .shadowed : .error(error))
        case .loaded(let loaded):
            let configuration = loaded.configuration
            let state: VendorEntry.State =
                if isShadowed {
                    .shadowed
                } else if let makeFailure {
                    .error(loaded.error(of: makeFailure, in: file?.string ?? "built-in vendor \(name)"))
                } else {
                    .ok
                }
            return VendorEntry(
                name: name, module: configuration.module, provides: configuration.provides,
                priority: configuration.priority, enabled: configuration.enabled, file: file?.string, state: state)
        }
    }
}
