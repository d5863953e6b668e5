import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct CatalogRepair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make the catalogs anew from what is on disk.",
        discussion: """
            Rows without files go, files without a row get one, and a damaged database is moved aside. What cannot be \
            mended is named, and ends with 65.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let repair = try await hive.repairCatalogs()
            if options.json {
                Console.result(try JSONOutput.pretty(repair))
            } else {
                for problem in repair.mended {
                    Console.result("mended: \(problem.subject.visiblyEscaped): \(problem.message.visiblyEscaped)")
                }
                for problem in repair.remaining { Console.result(problem.text) }
                if repair.remaining.isEmpty && !options.quiet { Console.note("the catalogs and the disk agree") }
            }
            if !repair.remaining.isEmpty { throw ExitCode(ProvisionError.Code.digestMismatch.exitStatus) }
        }
    }
}
