import ArtifactTypes
import Foundation
import Logging
public import Provisioning
import Transfer

extension ProvisionServices {
    /// The world of a vendor module that is an executable of its own: the hive's network rules and retries, the process's
    /// environment, and standard error for a log.
    ///
    /// Secrets are those that the hive hands over in `initialize`; it keeps no sources.
    ///
    /// - Parameter name: the program's, as servers and the log see it.
    public static func standalone(_ name: String) -> ProvisionServices {
        var logger = Logger(label: name) { StreamLogHandler.standardError(label: $0) }
        let environment = ProcessInfo.processInfo.environment
        logger.logLevel = environment["RBEE_LOG"].flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .warning
        var transfer = TransferConfiguration(
            userAgent: name, caFile: environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"])
        // The hive gives a plug-in a minute for a question.
        transfer.maximumRetryAfter = .seconds(20)
        return ProvisionServices(
            http: HTTPService(TransferEngine(transfer, logger: logger)),
            secret: { (_) async throws(ProvisionError) -> Secret? in nil },
            keptSources: KeptSources { _, _ in
                throw ProvisionError(.unsupported, "a vendor that is a program has no kept sources")
            }, environment: environment, logger: logger)
    }
}
