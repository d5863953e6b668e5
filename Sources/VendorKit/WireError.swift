public import Provisioning

/// An error on the wire: `{"code": -32000, "message": …, "data": {"code": "notFound", "retryAfter": null}}`.
public struct WireError: Error, Sendable, Hashable, Codable {
    public struct Details: Sendable, Hashable, Codable {
        /// The name of a `ProvisionError.Code`.
        public var code: String
        /// Seconds, with `rateLimited`.
        public var retryAfter: Int?

        public init(code: String, retryAfter: Int? = nil) {
            self.code = code
            self.retryAfter = retryAfter
        }
    }

    public var code: Int
    public var message: String
    public var data: Details?

    public init(code: Int, message: String, data: Details? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    public init(_ error: ProvisionError) {
        var details = Details(code: error.code.name)
        if case .rateLimited(let retryAfter) = error.code { details.retryAfter = retryAfter }
        // How long to wait is said by whoever shows it.
        let message = error.remedy.map { "\(error.message); \($0)" } ?? error.message
        self.init(code: PluginProtocol.ErrorCode.vendor, message: message, data: details)
    }

    /// The error's code in the hive's terms; `.unavailable` for a code that the hive does not know.
    ///
    /// The codes of the hive's own machine and configuration are not a vendor's to give: they count as unknown.
    public var provisionCode: ProvisionError.Code {
        guard let name = data?.code,
            let code = ProvisionError.Code(name: name, retryAfter: data?.retryAfter.map { max(0, $0) })
        else { return .unavailable }
        switch code {
        case .cancelled, .locked, .sandboxUnavailable, .buildFailed, .smokeTestFailed: return .unavailable
        default: return code
        }
    }
}
