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

    func run() async throws {
        try await Program.run(options) { hive in
            let explanation = hive.registry.explain(
                try ArtifactReference(argument: reference), kind: worker ? .worker : .model)
            Console.result(options.json ? try JSONOutput.pretty(explanation) : try Details.text(of: explanation))
        }
    }
}
