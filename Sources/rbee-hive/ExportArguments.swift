import ArgumentParser
import Hive
import Provisioning
import SystemPackage

/// What `model export` and `worker export` take, and how they go about it.
struct ExportArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The ids, and last the file; - for stdout.", valueName: "id… file"))
    var arguments: [String]

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard arguments.count > 1 else { throw ValidationError("name what to export, and last the file") }
        if isPipe, options.json { throw ValidationError("--json and the archive cannot both go to stdout") }
    }

    private var isPipe: Bool { arguments.last == "-" }

    /// - Parameter export: exports what the ids mean.
    func run(
        _ export:
            @escaping @Sendable (Hive, [String], Hive.ExportTarget, ProgressSink) async throws ->
            Hive.TransferReport
    ) async throws {
        try await Program.run(options, resumes: false) { [self] hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            do {
                let target: Hive.ExportTarget =
                    isPipe ? .pipe(.standardOutput) : .file(FilePath(arguments.last ?? ""), replacing: force)
                let report = try await export(hive, arguments.dropLast(), target, renderer.sink)
                renderer.finish()
                if !isPipe { try options.done(report) }
            } catch {
                renderer.finish()
                throw try options.reported(error)
            }
        }
    }
}
