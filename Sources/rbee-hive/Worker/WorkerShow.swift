import ArgumentParser
import Hive

struct WorkerShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of a worker, and how it was made.")

    @Argument(help: ArgumentHelp("The worker's id, or enough of its beginning.", valueName: "id"))
    var id: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entry = try hive.worker(id)
            try hive.touch(entry)
            Console.result(options.json ? try JSONOutput.pretty(entry) : try Details.text(of: entry))
        }
    }
}
