import ArgumentParser
import Hive
import Provisioning
import WorkerCatalog

struct WorkerUse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use",
        abstract: "Choose which installed version a worker's name means.",
        discussion: """
            rbee-hive worker path NAME and the links of --link mean it until another one is built, installed or chosen. A \
            worker that runs goes on as it is. The canonical id is printed on stdout.
            """)

    @Argument(help: ArgumentHelp("The worker's id, or enough of its beginning.", valueName: "id"))
    var id: String

    @OptionGroup var link: LinkOption
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let entry = try hive.worker(id)
            if let made = try await hive.use(entry, linkingIn: try link.folder) { Console.note(made.description) }
            Console.result(options.json ? try JSONOutput.pretty(entry) : entry.id)
        }
    }
}
