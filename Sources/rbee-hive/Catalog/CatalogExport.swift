import ArgumentParser
import Hive

struct CatalogExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print all catalog entries as JSON: {\"models\":[…],\"workers\":[…]}.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            Console.result(try hive.catalogsJSON())
        }
    }
}
