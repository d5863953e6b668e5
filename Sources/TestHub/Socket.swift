import Glibc
import Synchronization
import SystemPackage

/// The other end is gone, or the hub stops: the connection is over.
struct ConnectionEnd: Error {}

/// One connected or listening TCP socket on loopback.
final class Socket: Sendable {
    let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Ends reads and writes of every thread that is in one.
    func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// The peer receives all that was sent, then the end.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Makes the close that follows a reset.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    func receive(upTo limit: Int) throws(ConnectionEnd) -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, limit, 0)
                count = max(0, received)
                failure = received < 0 ? errno : 0
            }
            if failure == EINTR { continue }
            guard !bytes.isEmpty else { throw ConnectionEnd() }
            return bytes
        }
    }

    func send(_ buffer: UnsafeRawBufferPointer) throws(ConnectionEnd) {
        guard let start = buffer.baseAddress else { return }
        var sent = 0
        while sent < buffer.count {
            let count = Glibc.send(descriptor, start + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ConnectionEnd() }
            sent += count
        }
    }

    func send(_ bytes: [UInt8]) throws(ConnectionEnd) {
        try bytes.withBytes { buffer throws(ConnectionEnd) in try send(buffer) }
    }

    /// Hands up to `count` bytes of a file to the socket inside the kernel.
    /// - Returns: how many it took.
    func sendFile(_ file: FileDescriptor, from offset: Int64, count: Int) throws(ConnectionEnd) -> Int {
        var position = off_t(offset)
        while true {
            let sent = sendfile(descriptor, file.rawValue, &position, count)
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw ConnectionEnd() }
            return sent
        }
    }
}

extension Array<UInt8> {
    /// `withUnsafeBytes` that keeps the type of the error.
    func withBytes<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        let result: Result<Void, Failure> = withUnsafeBytes { buffer in
            do throws(Failure) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }
}

extension Socket {
    /// Between a descriptor's birth and its close-on-exec mark no child may be started by this module.
    static let birth = Mutex<Void>(())

    static func listening(onPort port: UInt16 = 0) throws(TestHubError) -> (socket: Socket, port: UInt16) {
        let descriptor = birth.withLock { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        guard descriptor >= 0 else { throw TestHubError("cannot make a socket", errno: Errno(rawValue: errno)) }
        let listener = Socket(owning: descriptor)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 1024) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else {
            throw TestHubError("cannot listen on 127.0.0.1:\(port)", errno: Errno(rawValue: errno))
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// The next connection; nil once the listener is shut down.
    func accept() -> Socket? {
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, -1) < 0, errno == EINTR { continue }
            let accepted = Self.birth.withLock { _ -> Int32 in
                let accepted = Glibc.accept(descriptor, nil, nil)
                if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
                return accepted
            }
            if accepted >= 0 {
                var yes: Int32 = 1
                setsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                return Socket(owning: accepted)
            }
            guard errno == EINTR || errno == ECONNABORTED || errno == EMFILE else { return nil }
        }
    }
}
