import ArgumentParser
import Hive
import ModelCatalog

struct ModelRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove models; rbee-hive gc frees the blobs that nothing else uses.", aliases: ["rm"])

    @Argument(help: ArgumentHelp("Which models.", valueName: "id"))
    var ids: [String]

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            try await hive.forEach(ids) { argument in
                let entry = try hive.model(argument)
                try await hive.removeModel(entry)
                Console.result(entry.id)
            }
        }
    }
}
