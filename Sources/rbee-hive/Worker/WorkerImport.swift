import ArgumentParser
import ArtifactTypes
import Hive
import SystemPackage

struct WorkerImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over the workers of an export.",
        discussion: """
            Nothing is installed before every byte was found to be what the export's manifest says. A worker for \
            another system or processor is refused. The ids are printed on stdout.
            """)

    @Argument(help: ArgumentHelp("What rbee-hive worker export wrote.", valueName: "file"))
    var file: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options, resumes: false) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
                let report = try await hive.importExport(FilePath(file), of: .worker, progress: renderer.sink)
                renderer.finish()
                try options.done(report)
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }
}
