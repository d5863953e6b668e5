// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is held to the same language: Swift 6, explicit existentials, imports that stay inside.
let ours: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A target in Sources. `ArtifactTypes`, swift-log and swift-system are open to all of them.
func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: ["ArtifactTypes", log, system] + dependencies, swiftSettings: ours)
}

/// A vendor module: one folder in Plugins, with its own README.
func vendor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: ["ArtifactTypes", "Provisioning", log, system] + dependencies,
        path: "Plugins/\(name)", exclude: ["README.md"], swiftSettings: ours)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "TestSupport", system] + dependencies
            + (name == "ArtifactTypes" ? [] : ["ArtifactTypes"]),
        exclude: exclude, swiftSettings: ours)
}

let vendorModules: [Target] = [
    vendor("HuggingFaceVendor"),
    vendor("GitVendor", ["GitCheckout", "Transfer"]),
    vendor("TarballVendor", ["Processes"]),
    vendor("LocalVendor", [crypto]),
    vendor("WorkerServiceVendor", [crypto]),
    vendor("OCIVendor", ["Credentials", crypto]),
]

let foundations: [Target] = [
    .target(name: "ArtifactTypes", swiftSettings: ours),
    .target(name: "CSystemCalls"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev", "zlib1g-dev"])]),
]

let leaves: [Target] = [
    layer("Threads"),
    layer("Processes", ["CSystemCalls", subprocess]),
    layer("Credentials", ["Processes"]),
    layer("Transfer", ["CCurl", "CSystemCalls", "Threads", crypto]),
    layer("Archives", ["CArchive", "CSystemCalls", "Threads", crypto]),
    layer("GitCheckout", ["CGit2", "CSystemCalls", "Transfer", "Processes", "Credentials"]),
    layer("ContentStore", ["CSystemCalls", crypto]),
    layer("ModelFormats"),
    layer("WorkerBuild", ["Processes", crypto]),
]

let catalogs: [Target] = [
    layer("ArtifactCatalog", [grdb]),
    layer("ModelCatalog", ["ArtifactCatalog"]),
    layer("WorkerCatalog", ["ArtifactCatalog"]),
]

let seam: [Target] = [
    layer("Provisioning"),
    layer("Vendors", ["Provisioning", "Credentials", toml]),
    layer("VendorKit", ["Provisioning"]),
    layer("VendorServices", ["Provisioning", "Transfer"]),
    layer("VendorHost", ["VendorKit", "Provisioning", "Processes"]),
]

let services: [Target] = [
    layer("Pipeline", ["Provisioning", "Vendors", "VendorServices", "Transfer", "Archives", "ContentStore"]),
    layer(
        "ModelProvisioner",
        [
            "Pipeline", "Provisioning", "Vendors", "ContentStore", "Transfer", "ModelFormats", "ArtifactCatalog",
            "ModelCatalog",
        ]),
    layer(
        "WorkerProvisioner",
        [
            "Pipeline", "Provisioning", "Vendors", "ContentStore", "Archives", "WorkerBuild", "Processes",
            "ArtifactCatalog", "WorkerCatalog",
        ]),
    layer(
        "Hive",
        [
            "ModelProvisioner", "WorkerProvisioner", "ModelFormats", "WorkerBuild", "VendorHost", "VendorKit",
            "VendorServices", "Pipeline", "Vendors", "Provisioning", "ModelCatalog", "WorkerCatalog", "ArtifactCatalog",
            "ContentStore", "Transfer",
            "Archives", "GitCheckout", "Credentials", "Processes",
        ]),
]

let programs: [Target] = [
    .executableTarget(
        name: "rbee-hive",
        dependencies: [
            "ArtifactTypes", "Hive", "Provisioning", "Vendors", "VendorHost", "ArtifactCatalog", "ModelCatalog",
            "WorkerCatalog", arguments, log, system,
        ] + vendorModules.map { .target(name: $0.name) },
        swiftSettings: ours),
    layer("TestHub", ["CSystemCalls", "Processes", crypto]),
    .executableTarget(
        name: "rbee-test-hub", dependencies: ["TestHub", "ArtifactTypes", arguments, log, system], swiftSettings: ours),
]

/// Worked examples of vendors: no part of rbee-hive.
let examples: [Target] = [
    .target(
        name: "ExampleVendor", dependencies: ["ArtifactTypes", "Provisioning"], path: "Plugins/Examples/ExampleVendor",
        swiftSettings: ours),
    .target(
        name: "CivitAIVendor", dependencies: ["ArtifactTypes", "Provisioning"],
        path: "Plugins/Examples/civitai/Sources/CivitAIVendor", swiftSettings: ours),
    .executableTarget(
        name: "rbee-vendor-civitai", dependencies: ["CivitAIVendor", "VendorKit", "VendorServices"],
        path: "Plugins/Examples/civitai/Sources/rbee-vendor-civitai", swiftSettings: ours),
]

let testTargets: [Target] = [
    .testTarget(name: "ArchitectureTests", swiftSettings: ours),
    .target(
        name: "TestSupport",
        dependencies: ["ArtifactTypes", "Provisioning", "CSystemCalls", "Processes", "TestHub", system],
        path: "Tests/Support", swiftSettings: ours),
    .executableTarget(
        name: "chatty-vendor", dependencies: ["VendorKit", "VendorServices", "Provisioning", "ArtifactTypes", system],
        path: "Tests/ChattyVendor", swiftSettings: ours),
    tests(of: "ArtifactTypes"),
    tests(of: "Processes"),
    tests(of: "Credentials", [log]),
    tests(of: "Transfer", ["TestHub", crypto, log]),
    tests(of: "Archives", ["CSystemCalls", "TestHub"]),
    tests(of: "GitCheckout", ["TestHub", "Transfer", log]),
    tests(of: "ContentStore", ["CSystemCalls", "TestHub", crypto]),
    tests(of: "ModelFormats", ["TestHub"]),
    tests(of: "WorkerBuild", ["Processes"]),
    tests(of: "ArtifactCatalog", ["ModelCatalog", "WorkerCatalog", grdb], exclude: ["Fixtures"]),
    tests(of: "Provisioning"),
    tests(of: "Vendors", ["Provisioning", log]),
    tests(
        of: "VendorHost",
        [
            "VendorKit", "VendorServices", "Provisioning", "Processes", "TestHub", "CivitAIVendor", "ExampleVendor",
            "rbee-vendor-civitai", "chatty-vendor", log,
        ], exclude: ["Fixtures"]),
    tests(
        of: "Pipeline", ["Provisioning", "ContentStore", "Transfer", "TestHub", "Vendors", "VendorServices", log]),
    tests(of: "HuggingFaceVendor", ["Provisioning", "TestHub", crypto, log]),
    tests(of: "WorkerProvisioner"),
    tests(of: "Hive", ["Provisioning"]),
    tests(of: "GitVendor", ["Provisioning", "TestHub", "GitCheckout", "Transfer", log]),
    tests(of: "OCIVendor", ["Provisioning", "VendorServices", "Transfer", "Credentials", "TestHub", crypto, log]),
    tests(of: "TarballVendor", ["Provisioning", "TestHub", "Transfer", log]),
    tests(of: "WorkerServiceVendor", ["Provisioning", log]),
    .testTarget(
        name: "EndToEnd",
        dependencies: [
            "rbee-hive", "rbee-test-hub", "TestHub", "TestSupport", "ArtifactTypes", "ContentStore", system, crypto,
        ],
        exclude: ["demo.sh", "Fixtures"], swiftSettings: ours),
]

let package = Package(
    name: "rbee-hive",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "rbee-hive", targets: ["rbee-hive"]),
        .library(name: "VendorKit", targets: ["VendorKit", "VendorServices", "Provisioning", "ArtifactTypes"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: foundations + leaves + catalogs + seam + services + vendorModules + programs + examples + testTargets
)
