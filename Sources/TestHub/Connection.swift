import Glibc
import SystemPackage

/// One connection and the requests that come over it, one after the other, on a thread of its own.
struct Connection {
    let socket: Socket
    let origin: RecordedRequest.Origin
    let state: HubState
    private var unread: [UInt8] = []

    /// A head may be so long, in bytes.
    private static let headLimit = 64 << 10

    init(socket: Socket, origin: RecordedRequest.Origin, state: HubState) {
        self.socket = socket
        self.origin = origin
        self.state = state
    }

    /// Serves until the other end or a fault ends the connection.
    mutating func run() {
        do {
            while let request = try readHead(), try serve(request) {}
            socket.finish()
        } catch {
            // Whatever ended it is what the client sees; there is nobody else to tell.
        }
    }

    private mutating func readHead() throws(ConnectionEnd) -> Request? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = unread.firstRange(of: end) {
                let head = Array(unread[..<range.lowerBound])
                unread.removeSubrange(..<range.upperBound)
                guard let request = Request(head: head) else {
                    try socket.send(
                        Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
                    return nil
                }
                return request
            }
            guard unread.count < Self.headLimit else { return nil }
            unread += try socket.receive(upTo: 16 << 10)
        }
    }

    /// - Returns: whether another request may follow.
    private mutating func serve(_ request: Request) throws(ConnectionEnd) -> Bool {
        if request.path.hasPrefix("/_admin/") {
            let body = try readBody(of: request)
            try send(state.admin(request, body: body), for: request, number: nil, faults: [])
            return !request.wantsClose
        }
        let number = state.record(request, at: origin)
        // A request counts as seen once its record is there, before anything is sent.
        state.change(number) { _ in }
        defer { state.change(number) { $0.isFinished = true } }
        let faults = state.faults(for: request)
        for candidate in faults {
            switch candidate.fault.kind {
            case .raw(let bytes) where state.strikes(candidate):
                try socket.send(bytes)
                socket.finish()
                return false
            case .answer(let status, let headers, let body) where state.strikes(candidate):
                _ = try readBody(of: request)
                let sorted = headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
                try send(Response(status, headers: sorted, body: body), for: request, number: number, faults: faults)
                return !request.wantsClose
            default: continue
            }
        }
        let response: Response
        switch origin {
        case .cdn: response = state.cdn(request, faults: faults)
        case .hub where request.path.hasPrefix("/git/"):
            response = try git(request)
        case .hub:
            let body = try readBody(of: request)
            response = state.hub(request, body: body, faults: faults)
        }
        return try send(response, for: request, number: number, faults: faults) && !request.wantsClose
    }

    private mutating func git(_ request: Request) throws(ConnectionEnd) -> Response {
        guard let repository = state.repository(for: request) else { return .error(404, "no such repository") }
        if let refusal = repository.refusal(request) { return refusal }
        let spool: Spool
        do throws(TestHubError) { spool = try Spool() } catch { return .error(500, error.description) }
        var failure: TestHubError?
        try eachPieceOfBody(of: request) { piece in
            do throws(TestHubError) { try spool.write(piece) } catch { failure = error }
        }
        do throws(TestHubError) {
            if let failure { throw failure }
            return try repository.answer(request, body: spool)
        } catch {
            return .error(500, error.description)
        }
    }
}

// MARK: - Request bodies

extension Connection {
    /// A body that is kept in memory: an admin request, or one that is read only to be rid of it.
    private mutating func readBody(of request: Request) throws(ConnectionEnd) -> [UInt8] {
        var body: [UInt8] = []
        try eachPieceOfBody(of: request) { piece in
            if body.count < 16 << 20 { body += piece }
        }
        return body
    }

    private mutating func eachPieceOfBody(
        of request: Request, _ take: ([UInt8]) -> Void
    ) throws(ConnectionEnd) {
        if request.headers["expect"]?.lowercased() == "100-continue" {
            try socket.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
        if request.headers["transfer-encoding"]?.lowercased() == "chunked" {
            while let size = Int(try readLine().prefix { $0 != ";" }, radix: 16), size > 0 {
                try readExactly(size, take)
                _ = try readLine()
            }
            while try !readLine().isEmpty {}
        } else if let length = request.headers["content-length"].flatMap({ Int($0) }), length > 0 {
            try readExactly(length, take)
        }
    }

    private mutating func readExactly(_ count: Int, _ take: ([UInt8]) -> Void) throws(ConnectionEnd) {
        var left = count
        while left > 0 {
            if unread.isEmpty { unread = try socket.receive(upTo: 64 << 10) }
            let piece = Array(unread.prefix(left))
            unread.removeFirst(piece.count)
            left -= piece.count
            take(piece)
        }
    }

    private mutating func readLine() throws(ConnectionEnd) -> String {
        while true {
            if let range = unread.firstRange(of: [13, 10]) {
                let line = String(decoding: unread[..<range.lowerBound], as: UTF8.self)
                unread.removeSubrange(..<range.upperBound)
                return line
            }
            guard unread.count < Self.headLimit else { throw ConnectionEnd() }
            unread += try socket.receive(upTo: 16 << 10)
        }
    }
}

// MARK: - Answers

extension Connection {
    /// - Returns: whether the connection is still good for another request.
    @discardableResult
    private func send(
        _ answer: Response, for request: Request, number: Int?, faults: [ActiveFault]
    ) throws(ConnectionEnd) -> Bool {
        var answer = answer
        var excess: Int64 = 0
        var missing: Int64 = 0
        for candidate in faults {
            switch candidate.fault.kind {
            case .etag(let etag) where answer.header("ETag") != nil && state.strikes(candidate):
                answer.setHeader("ETag", "\"\(etag)\"")
            case .wrongContentRange(let by) where answer.status == 206 && state.strikes(candidate):
                guard case .content(let body, let range) = answer.payload else { continue }
                answer.setHeader(
                    "Content-Range", "bytes \(range.lowerBound + by)-\(range.upperBound - 1 + by)/\(body.size)")
            case .shorter(let by) where isFile(answer) && state.strikes(candidate): missing = by
            case .longer(let by) where isFile(answer) && state.strikes(candidate): excess = by
            default: continue
            }
        }
        if let number {
            let status = answer.status
            state.change(number) { $0.status = status }
        }
        guard case .content(let body, let range) = answer.payload else {
            return try sendGit(answer, number: number, faults: faults)
        }
        let hasNoBody = request.method == "HEAD" || answer.status == 304
        if excess > 0 {
            answer.headers.append(("Connection", "close"))
        } else if answer.status != 304 {
            answer.headers.append(("Content-Length", String(range.count)))
        }
        try socket.send(Self.head(answer))
        guard !hasNoBody, let number else {
            if !hasNoBody, case .bytes(let bytes) = body { try socket.send(bytes) }
            return excess == 0
        }
        var writer = BodyWriter(socket: socket, state: state, number: number, faults: faults)
        let end = max(range.lowerBound, range.upperBound - missing)
        try writer.send(body, range.lowerBound..<end)
        try writer.sendExcess(excess)
        return excess == 0 && missing == 0
    }

    private func isFile(_ answer: Response) -> Bool {
        (answer.status == 200 || answer.status == 206) && answer.header("ETag") != nil
    }

    private func sendGit(_ answer: Response, number: Int?, faults: [ActiveFault]) throws(ConnectionEnd) -> Bool {
        guard case .git(let output) = answer.payload, let number else { return false }
        defer { output.end() }
        var answer = answer
        // Chunked, so that a connection that ends early is known for what it is.
        answer.headers.append(("Transfer-Encoding", "chunked"))
        try socket.send(Self.head(answer))
        var writer = BodyWriter(socket: socket, state: state, number: number, faults: faults)
        var offset: Int64 = 0
        var piece = output.first
        while !piece.isEmpty {
            let chunk = Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
            try chunk.withBytes { buffer throws(ConnectionEnd) in try writer.write(buffer, at: offset) }
            offset += Int64(chunk.count)
            piece = output.read()
        }
        try socket.send(Array("0\r\n\r\n".utf8))
        return true
    }

    private static func head(_ answer: Response) -> [UInt8] {
        var text = "HTTP/1.1 \(answer.status) \(Response.reasons[answer.status] ?? "Status")\r\n"
        for header in answer.headers { text += "\(header.name): \(header.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }
}
