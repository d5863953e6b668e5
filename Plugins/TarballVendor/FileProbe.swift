import ArtifactTypes
import Provisioning

/// Asks a server which file stands at a URL, without fetching it.
struct FileProbe: Sendable {
    struct Found: Sendable, Hashable {
        /// `etag:…` or `modified:…`: another text once the file is another.
        let revision: String
        let size: Int64?
    }

    let url: WebURL
    let headers: [String: Secret]
    let access: NetworkAccess
    let http: HTTPService

    /// A HEAD request; where that is refused (a signed URL is for one method), a GET for the first byte.
    /// - Throws: `.unsupported` where the server says nothing by which the file could be told from another.
    func look() async throws(ProvisionError) -> Found {
        var response = try await send("HEAD")
        if [400, 403, 405, 501].contains(response.status) {
            response = try await send("GET", ["Range": "bytes=0-0"])
        }
        guard (200..<300).contains(response.status) else { throw failure(response) }
        guard let revision = Self.revision(response) else {
            throw ProvisionError(
                .unsupported, "\(url.shown): its server says nothing that pins the file (ETag or Last-Modified)",
                remedy: "add #sha256=… to the URL")
        }
        return Found(revision: revision, size: Self.size(response))
    }

    private func send(_ method: String, _ more: [String: String] = [:]) async throws(ProvisionError) -> HTTPResponse {
        // identity: a compressed answer would have another length and another ETag.
        let headers = ["Accept-Encoding": "identity"].merging(more) { $1 }
        return try await http.send(
            HTTPRequest(
                method: method, url: url.description, headers: headers, secretHeaders: self.headers, access: access,
                maximumBytes: 64 << 10))
    }

    private static func revision(_ response: HTTPResponse) -> String? {
        if let tag = response.headers["etag"].map(shortened), !tag.isEmpty { return "etag:\(tag)" }
        guard let date = response.headers["last-modified"].map(shortened), !date.isEmpty else { return nil }
        return "modified:\(date)" + (size(response).map { "+\($0)" } ?? "")
    }

    /// A header's value in the characters of a revision: quotes off, anything odd as percent-encoded bytes.
    private static func shortened(_ value: String) -> String {
        var result = ""
        for byte in value.utf8.prefix(200) where byte != UInt8(ascii: "\"") {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", ":": result.unicodeScalars.append(scalar)
            case " ", ",", "/": result += "-"
            default: result += WebURL.escape(byte)
            }
        }
        return result
    }

    /// In bytes; nil where the server does not say, or sends a compressed form.
    private static func size(_ response: HTTPResponse) -> Int64? {
        if let encoding = response.headers["content-encoding"], encoding.lowercased() != "identity" { return nil }
        let text: Substring?
        if response.status == 206 {
            text = response.headers["content-range"]?.split(separator: "/").last
        } else {
            text = response.headers["content-length"]?[...]
        }
        return text.flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    private func failure(_ response: HTTPResponse) -> ProvisionError {
        if let limit = response.rateLimit { return ProvisionError(limit, "\(url.origin) answers too many requests") }
        return switch response.status {
        case 404, 410: ProvisionError(.notFound, "no file at \(url.shown)")
        case 401, 403:
            ProvisionError(
                .unauthorized, "\(url.shown): its server \(headers.isEmpty ? "wants a token" : "refuses the token")",
                remedy: "set a token for \(url.origin) in vendors.d")
        default: ProvisionError(.unavailable, "\(url.shown): its server answers \(response.status)")
        }
    }
}
