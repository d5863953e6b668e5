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
                try hive.writeModelsJSON { Console.result(piece: $0) }
                Console.result("")
                return
            }
            let models = try hive.modelSummaries()
            if models.isEmpty {
                Console.note("no model is stored; rbee-hive model download org/name:Q4_K_M gets one")
                return
            }
            let rows = models.map { model in
                [model.id, model.detail ?? "", "\(ByteCount(model.size))", Self.minute(model.addedAt)]
            }
            let table = Table(headings: ["ID", "MODEL", "SIZE", "ADDED (UTC)"], rows: rows)
            Console.result(table)
        }
    }

    /// `2026-11-25 01:48`: the day and the minute tell enough in a table.
    private static func minute(_ time: Timestamp) -> String {
        let text = "\(time)"
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }
}
