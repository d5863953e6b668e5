import ArgumentParser
import Hive
import ModelCatalog

struct ModelPin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Keep models whatever gc --older-than or --max-size says.")

    @Argument(help: ArgumentHelp("Which models.", valueName: "id"))
    var ids: [String]

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            try await hive.forEach(ids) { argument in
                let entry = try await hive.setPinned(true, hive.model(argument))
                Console.result(options.json ? try JSONOutput.line(entry) : entry.id)
            }
        }
    }
}
