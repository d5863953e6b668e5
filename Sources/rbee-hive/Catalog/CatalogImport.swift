import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning
import SystemPackage

struct CatalogImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over the models of an original rbee store.",
        discussion: """
            Files are copied (shared, where the file system can) and described anew by their headers; the other store \
            stays as it is. What cannot be taken over is named, and ends with 65.
            """)

    @Argument(help: ArgumentHelp("The store: the folder with models/ in it.", valueName: "dir"))
    var folder: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            let report = try await hive.importStore(FilePath(argument: folder), progress: renderer.sink)
            renderer.finish()
            if options.json {
                Console.result(try JSONOutput.pretty(report))
            } else {
                for id in report.imported { Console.result(id.visiblyEscaped) }
                for path in report.present { Console.note("\(path.visiblyEscaped) is here already") }
                for failure in report.failed {
                    Console.note("\(failure.path.visiblyEscaped): \(failure.reason.visiblyEscaped)")
                }
            }
            if !report.failed.isEmpty { throw ExitCode(ProvisionError.Code.digestMismatch.exitStatus) }
        }
    }
}
