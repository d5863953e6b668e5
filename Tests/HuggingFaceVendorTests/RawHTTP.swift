import ArtifactTypes
import Foundation
import Glibc
import Provisioning

/// The smallest client of HTTP/1.1 that shows an answer as it is: one request a connection, read to its end.
enum RawHTTP {
    struct Answer: Sendable {
        var status: Int
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]
        /// Whether the connection ended before the length that was declared.
        var isCutShort: Bool
    }

    struct Refused: Error {}

    /// On a thread of its own: an answer that a fault holds back must not hold up a task.
    static func send(
        _ url: String, method: String = "GET", headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try exchange(url, method: method, headers: headers, body: body) })
            }
        }
    }

    private static func exchange(
        _ url: String, method: String, headers: [String: String], body: [UInt8]
    ) throws -> Answer {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        let authority = parts[1].split(separator: ":")
        guard parts[0] == "http:", authority.count == 2, let port = UInt16(authority[1]) else { throw Refused() }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr(String(authority[0]))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Refused() }
        var text =
            "\(method) /\(parts.count > 2 ? parts[2] : "") HTTP/1.1\r\nHost: \(parts[1])\r\nConnection: close\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.count)\r\n" }
        let request = Array((text + "\r\n").utf8) + body
        guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Refused()
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return try parse(bytes, hasBody: method != "HEAD")
    }

    private static func parse(_ bytes: [UInt8], hasBody: Bool) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Refused() }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw Refused() }
        let body = Array(bytes[end.upperBound...])
        let declared = headers["content-length"].flatMap { Int($0) }
        return Answer(
            status: status, headers: headers, body: body,
            isCutShort: hasBody && declared.map { $0 > body.count } ?? false)
    }
}

extension HTTPService {
    /// Requests over `RawHTTP`: redirects within an origin are followed, secrets go to the first origin alone.
    static let raw = HTTPService { request throws(ProvisionError) in
        var url = request.url
        for _ in 0..<5 {
            var headers = request.headers
            for (name, secret) in request.secretHeaders where origin(url) == origin(request.url) {
                headers[name] = secret.reveal()
            }
            do {
                let answer = try await RawHTTP.send(
                    url, method: request.method, headers: headers, body: request.body ?? [])
                if (300..<400).contains(answer.status), let location = answer.headers["location"] {
                    url = location.hasPrefix("/") ? origin(url) + location : location
                    continue
                }
                guard answer.body.count <= request.maximumBytes else {
                    throw ProvisionError(.unavailable, "the answer is too long")
                }
                return HTTPResponse(status: answer.status, headers: answer.headers, body: answer.body, url: url)
            } catch {
                throw ProvisionError(mapping: error)
            }
        }
        throw ProvisionError(.unavailable, "too many redirects")
    }

    private static func origin(_ url: String) -> String {
        url.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
    }
}
