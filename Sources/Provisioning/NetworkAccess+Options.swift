extension VendorOption {
    /// How a module's servers are reached: the same for every module, and read by `NetworkAccess`.
    public static let network = [caFile, insecure, timeout]

    public static let caFile = VendorOption("ca-file", .string, "trusted certificates in PEM, instead of the system's")
    public static let insecure = VendorOption(
        "insecure", .boolean, fallback: "false", "a token may go over plain http to other than loopback")
    public static let timeout = VendorOption(
        "timeout", .integer, fallback: "\(NetworkAccess.usualTimeout)",
        "seconds without progress before a request counts as stalled; \(NetworkAccess.usualTimeout)")
}

extension NetworkAccess {
    /// In seconds.
    static let usualTimeout = 30

    /// - Parameter origins: what the options name, also more than once.
    /// - Throws: `.configuration` for a `timeout` that is none.
    public init(_ options: VendorOptions, origins: [String]) throws(ProvisionError) {
        let timeout = options.integer("timeout") ?? Self.usualTimeout
        guard (1...3600).contains(timeout) else {
            throw ProvisionError(
                .configuration, "timeout = \(timeout) is not within 1 to 3600 seconds", option: "timeout")
        }
        var seen = Set<String>()
        self.init(
            configuredOrigins: origins.filter { seen.insert($0).inserted },
            allowInsecure: options.boolean("insecure") ?? false, caFile: options.string("ca-file"),
            stallTimeout: timeout)
    }
}
