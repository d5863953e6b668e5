import ArgumentParser
import ArtifactTypes
import Hive

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Free what nothing uses: blobs, interrupted downloads, kept git mirrors.")

    @Flag(help: "List what would go, and remove nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let report = try await hive.collectGarbage(dryRun: dryRun)
            if options.json {
                Console.result(try JSONOutput.pretty(report))
                return
            }
            for item in report.items {
                Console.result("\(item.kind)\t\(ByteCount(item.bytes))\t\(item.name.visiblyEscaped)")
            }
            for tree in report.broken { Console.note("kept what this tree may use: \(tree)") }
            Console.note("\(dryRun ? "would free" : "freed") \(ByteCount(report.freedBytes))")
        }
    }
}
