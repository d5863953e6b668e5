import Crypto
import Synchronization

/// The other origin: large files by their digest, only with a signed query and without an `Authorization`.
extension HubState {
    var cdnOrigin: String { contents.withLock { $0.cdnOrigin } }

    func cdnPath(_ id: String, _ digest: String) -> String { "/cdn/\(id)/\(digest)" }

    /// A query as the CDN's signed URLs have it; 4102444800 is the first second of 2100.
    func signature(of path: String) -> String {
        let signature = hexadecimal(SHA256.hash(data: Array("\(path) \(options.seed)".utf8)).prefix(16))
        return "Expires=4102444800&Signature=\(signature)&Key-Pair-Id=TESTHUB"
    }

    func cdn(_ request: Request, faults: [ActiveFault]) -> Response {
        guard request.method == "GET" || request.method == "HEAD" else { return xmlError(405, "MethodNotAllowed") }
        // The real one answers two credentials with an error, which tells of a client that forwards its token.
        if request.headers["authorization"] != nil { return xmlError(400, "InvalidArgument") }
        guard let file = contents.withLock({ $0.cdnFiles[request.path] }), request.query == signature(of: request.path)
        else { return xmlError(403, "AccessDenied") }
        return .file(file.body, etag: file.etag, for: request, ignoringRange: ignoresRange(request, faults))
    }

    private func xmlError(_ status: Int, _ code: String) -> Response {
        Response(
            status, headers: [("Content-Type", "application/xml")],
            body: Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code></Error>\n".utf8))
    }
}
