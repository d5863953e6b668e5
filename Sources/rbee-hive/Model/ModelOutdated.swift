import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct ModelOutdated: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outdated", abstract: "List the models whose branch has moved since they were downloaded.",
        discussion:
            "Each model's vendor is asked by one request; nothing is fetched. Models at a commit are passed over.")

    @OptionGroup var options: GlobalOptions

    private struct Row: Encodable {
        let id: String
        let revision: String
        let currentRevision: String
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let checks = try await hive.checkRevisions()
            var rows: [Row] = []
            var failure: ProvisionError?
            for check in checks {
                switch check.current {
                case .success(let current) where current != check.stored:
                    rows.append(Row(id: check.id, revision: check.stored, currentRevision: current))
                case .success: break
                case .failure(let error):
                    Console.error(error)
                    failure = failure ?? error
                }
            }
            if options.json {
                Console.result(try JSONOutput.pretty(rows))
            } else if !rows.isEmpty {
                let table = Table(
                    headings: ["ID", "STORED", "CURRENT"], rows: rows.map { [$0.id, $0.revision, $0.currentRevision] })
                for line in table.lines(width: Console.tableWidth) { Console.result(line.visiblyEscaped) }
            } else if failure == nil, !options.quiet {
                Console.note("no model has moved (\(checks.count) asked)")
            }
            if let failure { throw ExitCode(failure.code.exitStatus) }
        }
    }
}
