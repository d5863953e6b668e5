public import Provisioning

/// What `vendor test` found out about a vendor.
public struct VendorReport: Sendable {
    public struct Check: Sendable {
        public enum Outcome: String, Sendable, Encodable {
            case passed
            /// It works, and could be better.
            case warned
            case failed
        }

        /// What was looked at: `handshake`, `resolve example:org/name`.
        public let name: String
        public let outcome: Outcome
        /// What was seen.
        public let detail: String?
        /// How to mend it.
        public let remedy: String?
        /// Why it failed.
        public let error: ProvisionError?

        public static func passed(_ name: String, _ detail: String? = nil) -> Check {
            Check(name: name, outcome: .passed, detail: detail, remedy: nil, error: nil)
        }

        static func warned(_ name: String, _ detail: String, remedy: String) -> Check {
            Check(name: name, outcome: .warned, detail: detail, remedy: remedy, error: nil)
        }

        /// - Parameter remedy: nil where the error says it all.
        public static func failed(_ name: String, _ error: ProvisionError, remedy: String?) -> Check {
            let advice = error.advice.map { remedy == nil ? $0 : " (\($0))" } ?? ""
            let text = (remedy ?? "") + advice
            return Check(
                name: name, outcome: .failed, detail: error.message, remedy: text.isEmpty ? nil : text, error: error)
        }
    }

    public let vendor: String
    public var checks: [Check] = []

    init(vendor: String) {
        self.vendor = vendor
    }

    /// The first failure, which decides the exit code; nil where all is well.
    public var failure: ProvisionError? { checks.lazy.compactMap(\.error).first }
}

extension VendorReport: Encodable {
    private enum Key: String, CodingKey {
        case vendor, passed, checks
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(vendor, forKey: .vendor)
        try container.encode(failure == nil, forKey: .passed)
        try container.encode(checks, forKey: .checks)
    }
}

extension VendorReport.Check: Encodable {
    private enum Key: String, CodingKey {
        case name, outcome, detail, remedy, code
    }

    /// `{name, outcome: "passed"|"warned"|"failed", detail, remedy, code}`
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(detail, forKey: .detail)
        try container.encode(remedy, forKey: .remedy)
        try container.encode(error?.code.name, forKey: .code)
    }
}
