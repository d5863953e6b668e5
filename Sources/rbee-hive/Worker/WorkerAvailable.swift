import ArgumentParser
import ArtifactTypes
import Hive
import Provisioning

struct WorkerAvailable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "available",
        abstract: "List the workers that a catalog service offers, and which could run here.",
        discussion: """
            The service is the one that WORKER_CATALOG_URL names, or those of vendors.d files with module = \
            "worker-service". rbee-hive worker install NAME takes the best variant for this machine.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Program.run(options) { hive in
            let renderer = options.renderer
            defer { renderer.finish() }
            let workers = try await hive.availableWorkers(progress: renderer.sink)
            renderer.finish()
            if options.json {
                Console.result(try JSONOutput.pretty(workers))
                return
            }
            if workers.isEmpty {
                Console.note("the service offers no worker")
                return
            }
            let rows = workers.flatMap { worker in
                worker.variants.map { variant in Self.row(worker, variant) }
            }
            Console.result(
                Table(headings: ["NAME", "VERSION", "VARIANT", "HERE", "AS", "INSTALLED", "WHY NOT"], rows: rows))
        }
    }

    private static func row(_ worker: Hive.AvailableWorker, _ variant: VariantVerdict) -> [String] {
        let forms = [variant.prebuilt ? "prebuilt" : nil, variant.source ? "source" : nil].compactMap(\.self)
        let isInstalled = worker.installed.contains { $0.hasPrefix("\(worker.name)-\(variant.variant)-") }
        let tools = variant.missingTools.joined(separator: "; ")
        let reason = variant.reason ?? (tools.isEmpty ? "" : "to build it, \(tools)")
        return [
            worker.name, worker.version, variant.variant.rawValue, variant.canBeHad ? "yes" : "no",
            forms.joined(separator: ", "), isInstalled ? "yes" : "no", reason,
        ]
    }
}
