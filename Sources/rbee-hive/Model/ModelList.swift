import ArgumentParser
import ArtifactCatalog
import ArtifactTypes
import Hive

struct ModelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models that are stored.", aliases: ["ls"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            if options.json {
                Console.result(try hive.modelsJSON())
                return
            }
            let models = try hive.modelSummaries()
            if models.isEmpty {
                Console.note("no model is stored; rbee-hive model download org/name:Q4_K_M gets one")
                return
            }
            let rows = models.map { model in
                [model.id, model.detail ?? "", "\(ByteCount(model.size))", "\(model.addedAt)"]
            }
            let table = Table(headings: ["ID", "MODEL", "SIZE", "ADDED"], rows: rows)
            for line in table.lines(width: Console.tableWidth) { Console.result(line.visiblyEscaped) }
        }
    }
}
