import Glibc

/// What kind of network an address belongs to.
enum AddressClass: Sendable, Hashable {
    case global
    case loopback
    /// Networks of one's own, and everything else that is not the internet's.
    case local
    /// Where clouds serve their machines' credentials (169.254.169.254, fd00:ec2::254).
    case linkLocal

    /// Nil for a text that is no numeric address. Brackets and zones of IPv6 are understood.
    init?(numeric text: String) {
        var name = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        name = name.prefix { $0 != "%" }
        var four = in_addr()
        if inet_pton(AF_INET, String(name), &four) == 1 {
            self.init(four: withUnsafeBytes(of: four) { Array($0) })
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, String(name), &six) == 1 else { return nil }
        self.init(six: withUnsafeBytes(of: six) { Array($0) })
    }

    /// Numeric loopback addresses and the name that stands for them (RFC 6761, 6.3).
    static func isLoopback(host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || AddressClass(numeric: host) == .loopback
    }

    private init(four bytes: [UInt8]) {
        switch (bytes[0], bytes[1]) {
        case (127, _): self = .loopback
        case (169, 254): self = .linkLocal
        // RFC 6890: "this" network, private use, shared space, protocol assignments, benchmarks, multicast, reserved.
        case (0, _), (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19), (224..., _): self = .local
        case (192, 0) where bytes[2] == 0: self = .local
        default: self = .global
        }
    }

    private init(six bytes: [UInt8]) {
        let zeros = bytes.prefix { $0 == 0 }.count
        if zeros == 15, bytes[15] == 1 {
            self = .loopback
        } else if zeros == 16 {
            self = .local
        } else if zeros >= 10, bytes[10] == 0xff, bytes[11] == 0xff {
            self.init(four: Array(bytes[12...]))  // v4-mapped, RFC 4291
        } else if zeros >= 12 {
            self.init(four: Array(bytes[12...]))  // v4-compatible, deprecated, but some stacks take it
        } else if bytes.starts(with: [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
            self.init(four: Array(bytes[12...]))  // NAT64, RFC 6052
        } else if bytes.starts(with: [0x20, 0x02]) {
            self.init(four: Array(bytes[2..<6]))  // 6to4, RFC 3056
        } else if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 {
            self = .linkLocal
        } else if bytes.starts(with: [0xfd, 0x00, 0x0e, 0xc2]) {
            self = .linkLocal
        } else if bytes[0] & 0xfe == 0xfc || bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0xc0) {
            self = .local  // unique local, multicast, site-local
        } else {
            self = .global
        }
    }
}
