import ArgumentParser
import ArtifactTypes
import Hive

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Free what nothing uses: blobs, interrupted downloads, kept git mirrors.",
        discussion: """
            With --older-than and --max-size models that are catalogued go too, but never those that are pinned or that \
            a running job works on. A model or worker is used when its path or what is known of it is asked for.
            """)

    @Flag(help: "List what would go, and remove nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Remove models and workers that were not used for so long, as 12h, 30d, 2w.", valueName: "age"),
        transform: { text in
            guard let age = Duration(parsing: text) else { throw ValidationError("write an age as 12h, 30d or 2w") }
            return age
        })
    var olderThan: Duration?

    @Option(
        help: ArgumentHelp(
            "Remove the least recently used models until the blobs fit, as 20M, 500G, 2TiB.", valueName: "size"),
        transform: { text in
            guard let size = ByteCount(parsing: text) else { throw ValidationError("write a size as 20M or 500G") }
            return size
        })
    var maxSize: ByteCount?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let report = try await hive.collectGarbage(
                Hive.GarbageRequest(dryRun: dryRun, olderThan: olderThan, maximumSize: maxSize))
            if options.json {
                Console.result(try JSONOutput.pretty(report))
                return
            }
            for item in report.items where item.artifact == nil {
                Console.result("\(item.kind)\t\(ByteCount(item.bytes))\t\(item.name.visiblyEscaped)")
            }
            for tree in report.broken { Console.note("kept what this tree may use: \(tree)") }
            Console.note("\(dryRun ? "would free" : "freed") \(ByteCount(report.freedBytes))")
        }
    }
}
