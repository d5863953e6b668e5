/// An answer before faults touch it.
struct Response {
    var status: Int
    var headers: [(name: String, value: String)]
    var payload: Payload

    enum Payload {
        /// A part of a body, by its range.
        case content(TestBody, Range<Int64>)
        /// What a git process writes, after its own headers.
        case git(GitBackend.Output)
    }

    init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        payload = .content(.bytes(body), 0..<Int64(body.count))
    }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }

    mutating func setHeader(_ name: String, _ value: String) {
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
        headers.append((name, value))
    }

    static func json(_ value: some Encodable, headers: [(name: String, value: String)] = []) -> Response {
        Response(
            200, headers: headers + [("Content-Type", "application/json; charset=utf-8")], body: JSON.encode(value))
    }

    /// An error as the hub gives it: its code and message in headers, the message in the body too.
    static func error(_ status: Int, code: String? = nil, _ message: String) -> Response {
        var headers = [(name: "X-Error-Message", value: message), ("Content-Type", "application/json; charset=utf-8")]
        if let code { headers.append(("X-Error-Code", code)) }
        return Response(status, headers: headers, body: JSON.encode(["error": message]))
    }

    static func redirect(_ status: Int, to url: String, headers: [(name: String, value: String)] = []) -> Response {
        Response(status, headers: headers + [("Location", url)])
    }
}

extension Response {
    /// A file with its strong ETag, or the part of it that `Range` and `If-Range` ask for (RFC 9110, section 14).
    static func file(
        _ body: TestBody, etag: String, for request: Request, ignoringRange: Bool = false,
        headers: [(name: String, value: String)] = []
    ) -> Response {
        let quoted = "\"\(etag)\""
        var response = Response(
            200,
            headers: headers + [
                ("ETag", quoted), ("Accept-Ranges", "bytes"), ("Content-Type", "application/octet-stream"),
            ])
        response.payload = .content(body, 0..<body.size)
        if request.headers["if-none-match"] == quoted {
            response.status = 304
            response.payload = .content(.bytes([]), 0..<0)
            return response
        }
        guard !ignoringRange, let range = request.headers["range"],
            request.headers["if-range"].map({ $0 == quoted }) ?? true, let wanted = ByteRange(range)
        else { return response }
        guard let part = wanted.resolved(size: body.size) else {
            return Response(416, headers: headers + [("Content-Range", "bytes */\(body.size)")])
        }
        response.status = 206
        response.headers.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(body.size)"))
        response.payload = .content(body, part)
        return response
    }

    static let reasons = [
        100: "Continue", 200: "OK", 206: "Partial Content", 302: "Found", 304: "Not Modified",
        307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 416: "Range Not Satisfiable", 429: "Too Many Requests",
        500: "Internal Server Error", 503: "Service Unavailable",
    ]
}

/// One range of bytes of a `Range` header; a list of several is ignored, as a server may.
struct ByteRange {
    let first: Int64?
    let last: Int64?

    init?(_ text: String) {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[0].isEmpty || Int64(ends[0]) != nil, ends[1].isEmpty || Int64(ends[1]) != nil else {
            return nil
        }
        first = Int64(ends[0])
        last = Int64(ends[1])
        if first == nil, last == nil { return nil }
    }

    /// Nil where the file has none of it.
    func resolved(size: Int64) -> Range<Int64>? {
        guard let first else {
            guard let last, last > 0, size > 0 else { return nil }
            return max(0, size - last)..<size
        }
        guard first < size else { return nil }
        guard let last else { return first..<size }
        guard last >= first else { return nil }
        return first..<min(last, size - 1) + 1
    }
}
