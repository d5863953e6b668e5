/// What the configuration of a vendor says about how its hosts are reached.
public struct TransferAccess: Sendable, Hashable {
    /// Origins that the user typed or configured (`https://hub.corp.example`, `http://127.0.0.1:8080`). They may be
    /// private; any other host may be private only if one of them is.
    public var configuredOrigins: [String]
    /// A secret may go over plain http to other than loopback.
    public var allowInsecure: Bool
    /// A file of trusted certificates instead of the engine's.
    public var caFile: String?
    /// The same of single servers that have their own, by origin.
    public var caFiles: [String: String]
    /// Seconds without progress before an attempt counts as stalled.
    public var stallTimeout: Int
    /// The proxy where the engine's settings name none for a scheme.
    public var proxy: String?

    public init(
        configuredOrigins: [String] = [], allowInsecure: Bool = false, caFile: String? = nil,
        caFiles: [String: String] = [:], stallTimeout: Int = 30, proxy: String? = nil
    ) {
        self.configuredOrigins = configuredOrigins
        self.allowInsecure = allowInsecure
        self.caFile = caFile
        self.caFiles = caFiles
        self.stallTimeout = stallTimeout
        self.proxy = proxy
    }
}

extension TransferAccess {
    /// The file of certificates for a server; nil for the engine's.
    func caFile(for origin: WebAddress.Origin) -> String? {
        caFiles.first { (try? WebAddress($0.key))?.origin == origin }?.value ?? caFile
    }
}
