import ArgumentParser
import ArtifactTypes
import Hive
import ModelCatalog
import Provisioning

struct ModelDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Download models: resumable, verified, and never twice.",
        discussion: """
            A reference is [vendor:]locator[@revision][:selector]: org/name:Q4_K_M, hf:org/name@main:file.gguf, or a \
            URL. The canonical id is printed on stdout.
            """)

    @Argument(help: ArgumentHelp("What to download.", valueName: "ref"))
    var references: [String]

    @Option(help: "The branch, tag or commit of a reference that names none.")
    var revision: String?

    @Option(help: ArgumentHelp("The digest that the only file must have, as sha256:….", valueName: "digest"))
    var expect: String?

    @Flag(help: "Print what would be fetched, and fetch nothing.")
    var dryRun = false

    @Flag(help: "Fetch again what is here already.")
    var force = false

    @Flag(help: "Make no request; what is not stored is an error.")
    var offline = false

    @OptionGroup var selection: SelectionOptions
    @OptionGroup var transfer: TransferOptions
    @OptionGroup var options: GlobalOptions

    /// Every reference is tried; the first failure decides the exit code.
    func run() async throws {
        try await Program.run(options, adjust: transfer.apply) { hive in
            try await hive.forEach(references) { text in
                let renderer = dryRun ? options.planRenderer : options.renderer
                defer { renderer.finish() }
                do {
                    let request = try request(for: text)
                    if dryRun {
                        try show(await hive.planModel(request, progress: renderer.sink))
                    } else {
                        try done(await hive.downloadModel(request, progress: renderer.sink), renderer)
                    }
                } catch {
                    renderer.finish()
                    throw try options.reported(error)
                }
            }
        }
    }

    private func request(for text: String) throws -> Hive.ModelRequest {
        var reference = try ArtifactReference(argument: text)
        if let revision {
            guard reference.revision == nil else {
                throw ProvisionError(
                    .invalid, "\(text) names a revision, and --revision another", remedy: "give only one of them")
            }
            guard !reference.isURL else {
                throw ProvisionError(.invalid, "--revision does not apply to the URL \(text)")
            }
            reference.revision = revision
        }
        let expected = try expect.map { text in try Digest(argument: text) }
        return Hive.ModelRequest(
            reference: reference, offline: offline, force: force, expected: expected, choice: selection.choice)
    }

    private func show(_ plan: PlannedModel) throws {
        if options.json {
            Console.result(try JSONOutput.pretty(plan))
            return
        }
        let resolution = plan.resolution
        Console.result("\(resolution.reference)  revision \(resolution.revision)")
        // Whole digests leave a terminal no room for names.
        let digestWidth = Console.tableWidth.map { $0 < 160 ? 20 : 80 } ?? 80
        let rows = resolution.files.map { file in
            [
                file.path.string, file.size.map { "\(ByteCount($0))" } ?? "?",
                (file.digest?.description ?? "no digest").cut(to: digestWidth),
            ]
        }
        Console.result(Table(headings: ["FILE", "SIZE", "DIGEST"], rows: rows, hasPaths: true))
        for line in FactsText.lines(plan.facts) { Console.result(line.visiblyEscaped) }
    }

    private func done(_ entry: ModelEntry, _ renderer: any ProgressRenderer) throws {
        renderer.finish()
        if options.json {
            Console.result(try JSONOutput.line(DoneEvent(model: entry)))
        } else {
            Console.result(entry.id)
        }
    }
}
