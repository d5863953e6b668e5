import ArgumentParser
import Hive

struct ModelShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of a model.")

    @Argument(help: ArgumentHelp("The model's id, in any accepted spelling.", valueName: "id"))
    var id: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entry = try hive.model(id)
            try hive.touch(entry)
            Console.result(options.json ? try JSONOutput.pretty(entry) : try Details.text(of: entry))
        }
    }
}
