import ArgumentParser
import Hive
import ModelCatalog
import SystemPackage

struct ModelPath: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Print where a model is: its GGUF or first shard if there is exactly one, else its folder.")

    @Argument(help: ArgumentHelp("The model's id, in any accepted spelling.", valueName: "id"))
    var id: String

    @Flag(help: "Print the folder.")
    var dir = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entry = try hive.model(id)
            try hive.touch(entry)
            Console.result(dir ? hive.folder(of: entry).string : entry.path)
        }
    }
}
