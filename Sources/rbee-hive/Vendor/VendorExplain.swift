import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning
import Vendors

struct VendorExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which vendor a reference goes to, why, and whether it is trusted for it.",
        discussion: """
            Nobody is asked, unless --resolve says so: then the vendor tells what the reference is, so that the trust \
            table's rules on license, files and size can be applied too. Where it would not be downloaded, the exit \
            code is that of the download.
            """)

    @Argument(help: ArgumentHelp("The reference.", valueName: "ref"))
    var reference: String

    @Flag(help: "Take it as a worker's reference, not a model's.")
    var worker = false

    @Flag(help: "Ask the vendor.")
    var resolve = false

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
        if !explanation.trust.isEmpty { Console.result("") }
        let rules = explanation.trust.map { verdict in
            [verdict.rule.rawValue, verdict.allowed, verdict.found ?? "?", Self.text(verdict)]
        }
        for line in Table(headings: ["TRUST", "TAKES", "THIS IS", "VERDICT"], rows: rules).lines(width: nil)
        where !rules.isEmpty { Console.result(line) }
    }

    private static func text(_ verdict: TrustVerdict) -> String {
        switch verdict.word {
        case .takes: "taken"
        case .unknown: "not known yet"
        case .refuses: "refused"
        }
    }

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.planRenderer
            defer { renderer.finish() }
            let explanation = await hive.explain(
                try ArtifactReference(argument: reference), kind: worker ? .worker : .model, asking: resolve,
                progress: renderer.sink)
            renderer.finish()
            if options.json {
                Console.result(try JSONOutput.pretty(explanation))
            } else {
                show(explanation)
            }
            if let error = explanation.error { throw error }
        }
    }
}
