import ArgumentParser
import Hive

@main
struct RbeeHive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rbee-hive",
        abstract: "Gets models and worker binaries onto this machine, verified, and keeps book of them.",
        version: Hive.version,
        subcommands: [
            Model.self, Worker.self, Vendor.self, Catalog.self, Collect.self, Doctor.self, Pull.self,
        ])
}

/// `pull` is what users of other tools type for `model download`.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The same as model download.")

    @OptionGroup var download: ModelDownload

    func run() async throws {
        try await download.run()
    }
}
