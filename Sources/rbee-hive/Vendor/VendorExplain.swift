import ArgumentParser
import ArtifactTypes
import Hive
import Vendors

struct VendorExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say which vendor a reference goes to, and why.")

    @Argument(help: ArgumentHelp("The reference.", valueName: "ref"))
    var reference: String

    @Flag(help: "Take it as a worker's reference, not a model's.")
    var worker = false

    @OptionGroup var options: GlobalOptions

    private func show(_ explanation: VendorExplanation) {
        let winner = explanation.winner.map { "goes to \($0)" } ?? "goes to no vendor"
        Console.result("\(explanation.reference) \(winner)".visiblyEscaped)
        let rows = explanation.considered.map { vendor in
            [vendor.name, vendor.module ?? "?", "\(vendor.priority)", vendor.reason]
        }
        for line in Table(headings: ["VENDOR", "MODULE", "PRIORITY", "WHY"], rows: rows).lines(width: nil) {
            Console.result(line)
        }
        if let error = explanation.error { Console.error(error) }
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let explanation = hive.registry.explain(
                try ArtifactReference(argument: reference), kind: worker ? .worker : .model)
            if options.json {
                Console.result(try JSONOutput.pretty(explanation))
            } else {
                show(explanation)
            }
        }
    }
}
