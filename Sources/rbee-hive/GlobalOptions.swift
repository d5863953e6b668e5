import ArgumentParser
import Foundation
import Hive
import Logging
import Provisioning
import SystemPackage
import Vendors

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The store (default: RBEE_HOME, else ~/.cache/rbee).", valueName: "dir"))
    var home: String?

    @Option(help: ArgumentHelp("One more folder of vendors.d files; may be repeated.", valueName: "dir"))
    var vendorsDir: [String] = []

    @Flag(help: "Stop at a broken vendors.d file instead of going on without that vendor.")
    var strictVendors = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print results and errors alone.")
    var quiet = false

    /// The hive of these options.
    func open(_ adjust: (inout HiveConfiguration) -> Void = { _ in }) throws(ProvisionError) -> Hive {
        let environment = ProcessInfo.processInfo.environment
        var configuration = try HiveConfiguration(
            home: home, vendorFolders: vendorsDir, prefix: Self.prefix, environment: environment,
            logger: logger(environment["RBEE_LOG"]))
        adjust(&configuration)
        let hive = try Hive(configuration, modules: BuiltInVendors.modules)
        if strictVendors {
            hive.registry.makeAll()
            if let broken = hive.registry.errors.first {
                throw ProvisionError(
                    .configuration, broken.description, remedy: "mend the file, or leave out --strict-vendors")
            }
        }
        return hive
    }

    /// Where the program is installed: `PREFIX/bin/rbee-hive`.
    private static var prefix: FilePath? {
        guard let program = Bundle.main.executablePath else { return nil }
        let folder = FilePath(program).removingLastComponent()
        return folder.lastComponent?.string == "bin" ? folder.removingLastComponent() : nil
    }

    private func logger(_ level: String?) -> Logger {
        var logger = Logger(label: "rbee-hive") { _ in ConsoleLog() }
        logger.logLevel = level.flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? (quiet ? .error : .warning)
        return logger
    }
}
