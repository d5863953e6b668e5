import ArgumentParser
import Hive

struct ModelExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write models into one file, for a machine without internet.",
        usage: "rbee-hive model export <id> ... <file> [--force]",
        discussion: """
            The file is a tar with a manifest; rbee-hive model import FILE verifies all of it. Content that several \
            models have is in it once. The ids are printed on stdout, unless the file goes there.
            """)

    @OptionGroup var arguments: ExportArguments

    func run() async throws {
        try await arguments.run { hive, ids, target, progress in
            try await hive.export(ids.map { try hive.model($0) }, to: target, progress: progress)
        }
    }
}
