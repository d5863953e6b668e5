import GitVendor
import Hive
import HuggingFaceVendor
import LocalVendor
import OCIVendor
import TarballVendor
import WorkerServiceVendor

/// The vendor modules that this program is built with: one line for each folder in Plugins.
enum BuiltInVendors {
    static let modules: Hive.VendorModules = { engine in
        [
            HuggingFaceVendor.module,
            GitVendor.module(transport: engine),
            TarballVendor.module,
            LocalVendor.module,
            WorkerServiceVendor.module,
            OCIVendor.module,
        ]
    }
}
