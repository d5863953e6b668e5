import ArgumentParser
import ArtifactTypes
import Foundation
import Hive
import ModelCatalog

struct ModelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models that are stored.", aliases: ["ls"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entries = try hive.modelList()
            if options.json {
                Console.result(try JSONOutput.pretty(entries))
                return
            }
            if entries.isEmpty {
                Console.note("no model is stored; rbee-hive model download org/name:Q4_K_M gets one")
                return
            }
            let rows = entries.map { entry in
                [
                    entry.id, entry.config.architecture ?? "", entry.config.quantization ?? "",
                    entry.config.parameters.map(Self.parameters) ?? "", "\(ByteCount(entry.size))",
                    entry.verified ? "yes" : "no",
                ]
            }
            let table = Table(
                headings: ["ID", "ARCHITECTURE", "QUANTIZATION", "PARAMETERS", "SIZE", "VERIFIED"], rows: rows)
            for line in table.lines(width: Console.tableWidth) { Console.result(line.visiblyEscaped) }
        }
    }

    private static func parameters(_ count: Int64) -> String {
        let value = Double(count)
        if value >= 1e9 { return String(format: "%.1f B", value / 1e9) }
        if value >= 1e6 { return String(format: "%.1f M", value / 1e6) }
        return "\(count)"
    }
}
