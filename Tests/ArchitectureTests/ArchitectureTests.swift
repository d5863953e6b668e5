import Foundation
import Testing

/// The law of the house, read from the manifest: a target depends only on what stands in its row.
@Suite struct ArchitectureTests {
    static let openToAll: Set = ["ArtifactTypes", "Logging", "SystemPackage"]

    static let rows: [String: Set<String>] = [
        "ArtifactTypes": [],
        "CSystemCalls": [],
        "Processes": ["Subprocess", "CSystemCalls"],
        "Credentials": ["Processes"],
        "Threads": [],
        "Transfer": ["CCurl", "CSystemCalls", "Threads", "Crypto"],
        "Archives": ["CArchive", "CSystemCalls", "Threads", "Crypto"],
        "GitCheckout": ["CGit2", "CSystemCalls", "Transfer", "Processes", "Credentials"],
        "ContentStore": ["CSystemCalls", "Crypto"],
        "ModelFormats": [],
        "WorkerBuild": ["Processes", "CSystemCalls", "Crypto"],
        "ArtifactCatalog": ["GRDB"],
        "ModelCatalog": ["ArtifactCatalog"],
        "WorkerCatalog": ["ArtifactCatalog"],
        "Provisioning": [],
        "Vendors": ["Provisioning", "Credentials", "TOMLKit"],
        "VendorKit": ["Provisioning"],
        "VendorServices": ["Provisioning", "Transfer"],
        "VendorHost": ["VendorKit", "Provisioning", "Processes"],
        "Pipeline": ["Provisioning", "Vendors", "VendorServices", "Transfer", "Archives", "ContentStore"],
        "ModelProvisioner": [
            "Pipeline", "Provisioning", "Vendors", "ContentStore", "Transfer", "ModelFormats", "ArtifactCatalog",
            "ModelCatalog",
        ],
        "WorkerProvisioner": [
            "Pipeline", "Provisioning", "Vendors", "ContentStore", "Archives", "WorkerBuild", "Processes",
            "ArtifactCatalog", "WorkerCatalog",
        ],
    ]

    static let vendorRow: Set = ["Provisioning", "Credentials"]
    /// What single modules may import beside it: git its transport, local files, registries and a worker service a hash
    /// over what they list, releases the program that checks a signature.
    static let vendorRows: [String: Set<String>] = [
        "GitVendor": ["GitCheckout", "Transfer"], "LocalVendor": ["Crypto"], "TarballVendor": ["Processes"],
        "WorkerServiceVendor": ["Crypto"], "OCIVendor": ["Crypto"],
    ]

    private static let loaded = Result { try Manifest.load() }

    let manifest: Manifest

    init() throws {
        manifest = try Self.loaded.get()
    }

    @Test("every target depends only on what stands in its row", arguments: rows.keys.sorted())
    func rowsHold(target: String) throws {
        let allowed = try #require(Self.rows[target]).union(target == "ArtifactTypes" ? [] : Self.openToAll)
        #expect(manifest.targets.contains { $0.name == target })
        #expect(manifest.dependencies(of: target).subtracting(allowed) == [])
    }

    @Test(
        "no catalog reaches a provisioner, a vendor or the network",
        arguments: [
            "ArtifactCatalog", "ModelCatalog", "WorkerCatalog", "ContentStore",
        ])
    func catalogsAreSiblings(target: String) {
        let forbidden: Set = [
            "Provisioning", "Vendors", "Pipeline", "ModelProvisioner", "WorkerProvisioner", "Transfer", "GitCheckout",
            "CCurl", "CGit2", "Hive",
        ]
        #expect(manifest.reach(of: target).intersection(forbidden) == [])
    }

    @Test("a vendor module knows the seam, and no catalog or store")
    func vendorsKnowNoCatalog() {
        let modules = manifest.vendorModules
        #expect(!modules.isEmpty)
        for module in modules {
            let row = Self.vendorRow.union(Self.vendorRows[module.name] ?? [])
            let found = manifest.dependencies(of: module.name).subtracting(row).subtracting(Self.openToAll)
            #expect(found == [], "\(module.name)")
        }
    }

    @Test("the vendor modules of the manifest, of the folder and of the program are the same")
    func vendorModulesAgree() throws {
        let plugins = Manifest.root.appendingPathComponent("Plugins")
        let folders = try FileManager.default.contentsOfDirectory(atPath: plugins.path)
            .filter { $0 != "Examples" && !$0.hasPrefix(".") }
        let targets = manifest.vendorModules.map(\.name)
        #expect(folders.sorted() == targets.sorted())
        #expect(manifest.dependencies(of: "rbee-hive").isSuperset(of: targets))

        let program = Manifest.root.appendingPathComponent("Sources/rbee-hive/BuiltInVendors.swift")
        let text = try String(contentsOf: program, encoding: .utf8)
        for target in targets {
            #expect(text.contains("\(target).module"), "\(target) has no line in BuiltInVendors.swift")
        }
        for folder in folders {
            #expect(FileManager.default.fileExists(atPath: plugins.appendingPathComponent("\(folder)/README.md").path))
        }
    }
}
