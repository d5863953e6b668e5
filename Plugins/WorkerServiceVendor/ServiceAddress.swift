import ArtifactTypes
import FoundationEssentials
import Provisioning

/// Where a service is, and where what it names lies.
struct ServiceAddress: Sendable {
    /// Without a slash at the end.
    let url: String
    /// `scheme://host[:port]`.
    let origin: String

    /// - Throws: `.configuration` for anything but a plain http or https URL.
    init(_ text: String) throws(ProvisionError) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), let origin = Self.origin(of: url), url.query() == nil, url.fragment() == nil
        else {
            // What stands before an "@" may be a password.
            let shown = text.contains("@") ? "url" : "\"\(text.visiblyEscaped.prefix(200))\""
            throw ProvisionError(
                .configuration, "\(shown) is not the URL of a worker catalog service",
                remedy: "write https://HOST, without user, query or fragment", option: "url")
        }
        self.url = text
        self.origin = origin
    }

    /// `text`, a URL of the service's own or of another host, as one that can be asked. Whether the host is one that may
    /// be asked is seen when it is.
    ///
    /// - Throws: `.untrusted` for another protocol, a user, or a plain-http URL that an https service gives.
    func resolve(_ text: String) throws(ProvisionError) -> String {
        guard text.utf8.count <= 2048, !text.unicodeScalars.contains(where: \.isControlOrInvisible),
            let url = URL(string: text, relativeTo: URL(string: self.url + "/"))?.absoluteURL,
            let origin = Self.origin(of: url),
            origin.hasPrefix("https://") || self.origin.hasPrefix("http://")
        else {
            throw ProvisionError(
                .untrusted, "\(self.url) names the URL \"\(text.visiblyEscaped.prefix(200))\", which it may not",
                remedy: "an https URL is taken, and an http one from an http service")
        }
        return url.absoluteString
    }

    private static func origin(of url: URL) -> String? {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: true)?.lowercased(), !host.isEmpty, url.user() == nil,
            url.password() == nil
        else { return nil }
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return "\(scheme)://\(name)" + (url.port.map { ":\($0)" } ?? "")
    }
}
