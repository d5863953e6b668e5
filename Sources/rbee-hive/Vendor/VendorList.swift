import ArgumentParser
import ArtifactTypes
import Hive
import Vendors

struct VendorList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the vendors, and what is wrong with those that do not load.",
        aliases: ["ls"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            hive.registry.makeAll()
            let entries = hive.registry.entries
            if options.json {
                Console.result(try JSONOutput.pretty(entries))
                return
            }
            let rows = entries.map { entry in
                // A broken one is off too, and that it is broken is what its owner wants to see.
                let isOff = !entry.enabled && entry.error == nil
                return [
                    entry.name, entry.module ?? "?",
                    entry.provides.map { "\($0.rawValue)s" }.sorted().joined(separator: ","),
                    "\(entry.priority)", isOff ? "disabled" : entry.state.name, entry.file ?? "built in",
                ]
            }
            let table = Table(headings: ["NAME", "MODULE", "PROVIDES", "PRIORITY", "STATE", "FILE"], rows: rows)
            Console.result(table)
            for error in entries.compactMap(\.error) { Console.note(error.description) }
        }
    }
}
