import ArgumentParser
import Hive
import WorkerCatalog

struct WorkerVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Hash installed workers again and name what is missing or changed.")

    @Argument(help: ArgumentHelp("Which workers (default: all).", valueName: "id"))
    var ids: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let arguments = ids.isEmpty ? try hive.workerList().map(\.id) : ids
            try await hive.forEach(arguments) { argument in
                let entry = try hive.worker(argument)
                try VerificationReport(await hive.verify(entry), remedy: hive.remedy(for: entry)).show(options)
            }
        }
    }
}
