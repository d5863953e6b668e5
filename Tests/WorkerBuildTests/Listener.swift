import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP port of loopback and an abstract Unix socket that take connections; nobody answers on them.
final class Listener: Sendable {
    let port: UInt16
    let abstractName: String
    private let tcp: Int32
    private let unix: Int32

    init() throws {
        let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                [bind(tcp, address, size), listen(tcp, 8), getsockname(tcp, address, &size)]
            }
        }
        guard tcp >= 0, bound == [0, 0, 0] else { throw Errno(rawValue: errno) }
        self.tcp = tcp
        port = UInt16(bigEndian: address.sin_port)

        let unix = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let abstractName = "rbee-test-\(UInt32.random(in: .min ... .max))"
        self.abstractName = abstractName
        let bytes = [UInt8](abstractName.utf8)
        withUnsafeMutableBytes(of: &name.sun_path) { $0[1...].copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + bytes.count)
        let named = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { [bind(unix, $0, length), listen(unix, 8)] }
        }
        guard unix >= 0, named == [0, 0] else { throw Errno(rawValue: errno) }
        self.unix = unix
    }

    deinit {
        close(tcp)
        close(unix)
    }
}
