import Glibc
import Synchronization

/// A server on loopback that does what a test's closure says, byte by byte, broken HTTP included.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]
        /// Counts from 0 over all connections.
        var number: Int
    }

    let port: Int
    let host: String
    private let listener: Int32
    private let state = Mutex<(requests: [Request], sockets: Set<Int32>)>(([], []))
    private let script: @Sendable (Request, Wire) -> Void

    /// A connection is kept open after `script` returns, unless it was closed.
    init(host: String = "127.0.0.1", _ script: @escaping @Sendable (Request, Wire) -> Void) throws {
        self.script = script
        self.host = host
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, host, &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isBound else { throw SystemFailure(number: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        thread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { break }
                state.withLock { _ = $0.sockets.insert(client) }
                thread { [weak self] in self?.serve(client) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for client in state.withLock({ $0.sockets }) { shutdown(client, Int32(SHUT_RDWR)) }
    }

    var origin: String { "http://\(host):\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }

    private func serve(_ client: Int32) {
        let wire = Wire(client)
        while !wire.isClosed, var request = wire.readRequest() {
            state.withLock { state in
                request.number = state.requests.count
                state.requests.append(request)
            }
            script(request, wire)
        }
        wire.close()
        state.withLock { _ = $0.sockets.remove(client) }
    }
}

struct SystemFailure: Error {
    var number: Int32
}

private func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        {
            Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
}

/// One connection, seen from the server.
final class Wire: Sendable {
    private let socket: Int32
    private let state = Mutex<(closed: Bool, pending: [UInt8])>((false, []))

    init(_ socket: Int32) {
        self.socket = socket
    }

    var isClosed: Bool { state.withLock { $0.closed } }

    /// False once the other side has gone.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(socket, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// A whole answer; `length` may lie about the body.
    func answer(_ status: Int, _ headers: [String: String] = [:], _ body: [UInt8] = [], length: Int? = nil) {
        var text = "HTTP/1.1 \(status) X\r\n"
        var headers = headers
        headers["Content-Length"] = headers["Transfer-Encoding"] == nil ? "\(length ?? body.count)" : nil
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        send(Array((text + "\r\n").utf8) + body)
    }

    func close() {
        let isFirst = state.withLock { state in
            defer { state.closed = true }
            return !state.closed
        }
        if isFirst { _ = Glibc.close(socket) }
    }

    /// Ends with RST instead of FIN.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Blocks until the other side closes.
    func waitForEnd() {
        var byte: UInt8 = 0
        while recv(socket, &byte, 1, 0) > 0 {}
    }

    func readRequest() -> ScriptedServer.Request? {
        var data = state.withLock { $0.pending }
        let end = Array("\r\n\r\n".utf8)
        var headEnd = data.firstRange(of: end)
        while headEnd == nil {
            guard receive(into: &data) else { return nil }
            headEnd = data.firstRange(of: end)
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: data[..<headEnd.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while data.count < headEnd.upperBound + length {
            guard receive(into: &data) else { return nil }
        }
        let body = Array(data[headEnd.upperBound..<headEnd.upperBound + length])
        let rest = Array(data[(headEnd.upperBound + length)...])
        state.withLock { $0.pending = rest }
        return .init(method: String(words[0]), path: String(words[1]), headers: headers, body: body, number: 0)
    }

    private func receive(into data: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        data.append(contentsOf: buffer[..<count])
        return true
    }
}

/// What a slow server does between two bytes.
func pauseServer(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
}
