import ArgumentParser
import Hive

struct WorkerExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write workers into one file, for a machine without internet.",
        usage: "rbee-hive worker export <id> ... <file> [--force]",
        discussion: """
            The file is a tar with a manifest; rbee-hive worker import FILE verifies all of it. The ids are printed on \
            stdout, unless the file goes there.
            """)

    @OptionGroup var arguments: ExportArguments

    func run() async throws {
        try await arguments.run { hive, ids, target, progress in
            try await hive.export(ids.map { try hive.worker($0) }, to: target, progress: progress)
        }
    }
}
