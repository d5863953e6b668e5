public import ArtifactTypes
import Foundation
public import Provisioning
import SystemPackage
public import VendorHost
import Vendors

extension Hive {
    /// Tries a vendor out, by its name or its file.
    ///
    /// - Throws: `.invalid` for an unknown name, `.configuration` for a file that cannot be used. What is wrong with
    ///   the vendor itself stands in the report.
    public func test(
        vendor nameOrFile: String, references: [ArtifactReference], kind: ArtifactKind
    ) async throws(ProvisionError) -> VendorReport {
        let vendor: VendorRegistry.Instance
        if nameOrFile.contains("/") || nameOrFile.hasSuffix(".toml") {
            // A program that is named beside the file must be found whatever folder it is started from.
            let path = FilePath(nameOrFile)
            let here = FilePath(FileManager.default.currentDirectoryPath)
            vendor = try registry.vendor(at: path.isRelative ? here.pushing(path) : path)
        } else {
            vendor = try registry.vendor(named: nameOrFile)
        }
        if vendor.configuration.module == VendorHost.moduleName {
            return try await VendorHost.examine(
                vendor.configuration, services: registry.services, version: Self.version, references: references,
                kind: kind)
        }
        return await VendorHost.examine(
            vendor.provisioner, named: vendor.name, references: references, kind: kind, logger: configuration.logger)
    }
}
