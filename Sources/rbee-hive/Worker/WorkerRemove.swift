import ArgumentParser
import Hive
import WorkerCatalog

struct WorkerRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove workers and their files.", aliases: ["rm"])

    @Argument(help: ArgumentHelp("Which workers.", valueName: "id"))
    var ids: [String]

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            try await hive.forEach(ids) { argument in
                let entry = try hive.worker(argument)
                let next = try await hive.removeWorker(entry)
                Console.result(entry.id)
                if let next { Console.note("\(entry.name) is now \(next.id)") }
            }
        }
    }
}
