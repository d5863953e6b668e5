import ArgumentParser
import ArtifactCatalog
import Hive
import ModelCatalog

struct ModelVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Hash stored models again and name what is missing or changed.")

    @Argument(help: ArgumentHelp("Which models (default: all).", valueName: "id"))
    var ids: [String] = []

    @Flag(help: "Fetch again what is missing or changed.")
    var repair = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let arguments = ids.isEmpty ? try hive.modelSummaries().map(\.id) : ids
            try await hive.forEach(arguments) { argument in
                let renderer = options.renderer
                defer { renderer.finish() }
                let entry = try hive.model(argument)
                let found = try await hive.verify(entry, repair: repair, progress: renderer.sink)
                renderer.finish()
                try VerificationReport(found, remedy: "rbee-hive model verify \(entry.id) --repair mends it").show(
                    options)
            }
        }
    }
}
