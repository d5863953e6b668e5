import ArgumentParser
import ArtifactTypes
import Hive
import WorkerCatalog

struct WorkerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the workers that are installed.", aliases: ["ls"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entries = try hive.workerList()
            if options.json {
                Console.result(try JSONOutput.pretty(entries))
                return
            }
            if entries.isEmpty {
                Console.note("no worker is installed; rbee-hive worker build cpu builds one")
                return
            }
            let current = try hive.currentWorkers(among: entries)
            let rows = entries.map { entry in
                [
                    entry.id, entry.variant, entry.version, "\(ByteCount(entry.size))",
                    entry.provenance?.commit.map { String($0.prefix(8)) } ?? "", entry.verified ? "yes" : "no",
                    current.contains(entry.id) ? "yes" : "no",
                ]
            }
            let table = Table(
                headings: ["ID", "VARIANT", "VERSION", "SIZE", "COMMIT", "VERIFIED", "IN USE"], rows: rows)
            Console.result(table)
        }
    }
}
