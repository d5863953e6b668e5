// swift-tools-version: 6.2
import PackageDescription

// As a vendor of your own would be built: `swift build -c release --product rbee-vendor-civitai`. The hive's own package
// builds the same two targets for its tests.
let package = Package(
    name: "rbee-vendor-civitai",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "rbee-vendor-civitai", targets: ["rbee-vendor-civitai"])],
    dependencies: [.package(name: "rbee-hive", path: "../../..")],
    targets: [
        .target(name: "CivitAIVendor", dependencies: [.product(name: "VendorKit", package: "rbee-hive")]),
        .executableTarget(
            name: "rbee-vendor-civitai",
            dependencies: ["CivitAIVendor", .product(name: "VendorKit", package: "rbee-hive")]),
    ]
)
