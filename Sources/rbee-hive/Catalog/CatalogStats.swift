import ArgumentParser
import ArtifactTypes
import Hive

struct CatalogStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how much is stored, and from which vendors.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let statistics = try await hive.statistics()
            if options.json {
                Console.result(try JSONOutput.pretty(statistics))
                return
            }
            func row(_ name: String, _ share: Hive.Statistics.Share) -> [String] {
                [name, "\(share.count)", "\(ByteCount(share.bytes))"]
            }
            var rows = [
                row("models", statistics.models), row("workers", statistics.workers), row("blobs", statistics.blobs),
                ["shared by blobs", "", "\(ByteCount(statistics.sharedBytes))"],
                row("staging", statistics.staging), row("git mirrors", statistics.sources),
            ]
            if statistics.broken > 0 { rows.append(["broken trees", "\(statistics.broken)", ""]) }
            rows += statistics.vendors.sorted { $0.key < $1.key }.map { row("from \($0.key)", $0.value) }
            let table = Table(headings: ["WHAT", "NUMBER", "SIZE"], rows: rows)
            for line in table.lines(width: Console.tableWidth) { Console.result(line.visiblyEscaped) }
        }
    }
}
