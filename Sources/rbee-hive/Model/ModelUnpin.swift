import ArgumentParser
import Hive
import ModelCatalog

struct ModelUnpin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Let gc --older-than and --max-size remove models again.")

    @Argument(help: ArgumentHelp("Which models.", valueName: "id"))
    var ids: [String]

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            try await hive.forEach(ids) { argument in
                let entry = try await hive.setPinned(false, hive.model(argument))
                Console.result(options.json ? try JSONOutput.line(entry) : entry.id)
            }
        }
    }
}
