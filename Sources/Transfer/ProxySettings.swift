import Glibc

/// Which proxy a request goes through, by the variables that curl reads.
///
/// They are evaluated here and not by libcurl so that it is known whether a connection is one to a proxy: the address
/// rules hold for the host that was meant, and a proxy is the user's own choice.
public struct ProxySettings: Sendable, Hashable {
    /// The proxy for `https` and `http` URLs; either may be nil.
    public var https: String?
    public var http: String?
    /// Host names, their domains, or `*`, as in `NO_PROXY`.
    public var exceptions: [String]

    public init(https: String? = nil, http: String? = nil, exceptions: [String] = []) {
        self.https = https
        self.http = http
        self.exceptions = exceptions
    }

    public static let none = ProxySettings()

    /// `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`; in capitals too but for `HTTP_PROXY`, which a CGI's client
    /// could set by a header (CVE-2016-5385).
    public static var environment: ProxySettings {
        func value(_ names: String...) -> String? {
            for name in names {
                if let text = getenv(name), text.pointee != 0 { return String(cString: text) }
            }
            return nil
        }
        let all = value("all_proxy", "ALL_PROXY")
        return ProxySettings(
            https: value("https_proxy", "HTTPS_PROXY") ?? all, http: value("http_proxy") ?? all,
            exceptions: (value("no_proxy", "NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map(String.init))
    }

    /// The proxy for a host, `other` where none is set for the scheme; never one for this machine itself.
    func proxy(scheme: String, host: String, otherwise other: String? = nil) -> String? {
        guard let proxy = (scheme == "https" ? https : http) ?? other, !AddressClass.isLoopback(host: host) else {
            return nil
        }
        return exceptions.contains { Self.excepts($0, host) } ? nil : proxy
    }

    private static func excepts(_ exception: String, _ host: String) -> Bool {
        if exception == "*" { return true }
        let domain = exception.lowercased().drop { $0 == "." }
        guard !domain.isEmpty else { return false }
        return host == domain || host.hasSuffix("." + domain)
    }
}
