import ArgumentParser
import Hive
import WorkerCatalog

struct WorkerPath: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "path", abstract: "Print a worker's executable.")

    @Argument(help: ArgumentHelp("The worker's id, or enough of its beginning.", valueName: "id"))
    var id: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entry = try hive.worker(id)
            try hive.touch(entry)
            Console.result(entry.path)
        }
    }
}
