import ArgumentParser
import ArtifactTypes
import Hive

/// How much of the network a download may take.
struct TransferOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The most connections to one host, 1 to 64 (default: 16, of which it opens as many as make it faster).",
            valueName: "n"))
    var maxConnections: Int?

    @Option(
        help: ArgumentHelp(
            "The most bytes a second in all, as 800k, 20M or 1.5G; powers of 1,000.", valueName: "rate"))
    var limitRate: String?

    func validate() throws {
        if let maxConnections, !(1...64).contains(maxConnections) {
            throw ValidationError("--max-connections takes 1 to 64, not \(maxConnections)")
        }
        if let limitRate, (ByteCount(parsing: limitRate)?.bytes ?? 0) <= 0 {
            throw ValidationError("--limit-rate takes bytes a second, as 20M, not \"\(limitRate.visiblyEscaped)\"")
        }
    }

    func apply(to configuration: inout HiveConfiguration) {
        configuration.maximumConnections = maxConnections
        configuration.rateLimit = limitRate.flatMap { ByteCount(parsing: $0)?.bytes }
    }
}
