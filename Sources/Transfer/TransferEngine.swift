public import Logging

/// Moves bytes over http and https: one libcurl multi handle on one thread, whose connections all requests share.
///
/// The network rules hold for every request and each of its redirects: http and https alone, never from https to http,
/// at most ten redirects; secrets to their own origin alone; private addresses only where the user configured one.
public final class TransferEngine: Sendable {
    let configuration: TransferConfiguration
    let logger: Logger
    let loop: CurlLoop
    let gate = HostGate()

    public init(_ configuration: TransferConfiguration = TransferConfiguration(), logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        loop = CurlLoop(
            maximumHostConnections: configuration.maximumHostConnections, rateLimit: configuration.rateLimit,
            receiveBuffer: configuration.receiveBuffer)
    }

    /// Ends what is running as `cancelled` and waits for the thread. Later requests fail at once.
    public func shutdown() {
        loop.stop()
    }

    deinit {
        loop.stop()
    }
}
