import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct CatalogVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare catalogs, files and artifact.json of all that is stored.",
        discussion: """
            Names and sizes are compared; model verify and worker verify read the content too. Ends with 65 where \
            something is wrong.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let problems = try await hive.verifyCatalogs()
            if options.json {
                Console.result(try JSONOutput.pretty(problems))
            } else {
                for problem in problems { Console.result(problem.text) }
                if problems.isEmpty && !options.quiet { Console.note("the catalogs and the disk agree") }
            }
            if !problems.isEmpty { throw ExitCode(ProvisionError.Code.digestMismatch.exitStatus) }
        }
    }
}

extension Hive.CatalogProblem {
    /// Two lines: what is wrong, and what to do.
    var text: String {
        "\(subject.visiblyEscaped): \(message.visiblyEscaped)\n  \(remedy.visiblyEscaped)"
    }
}
