import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What of the system every sandbox shows, read-only: programs, libraries, and the files of /etc that a compiler and TLS
/// need. No home, no /var, no /run, no /sys, nothing else of /etc.
enum SystemMounts {
    /// Where a build's tools may lie.
    static let roots: [FilePath] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

    private static let configuration: [FilePath] = [
        "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime",
        // Not /etc/ssl, which has the machine's private keys in it.
        "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/ca-certificates.conf",
        "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/etc/crypto-policies",
    ]

    /// Name resolution, for steps with network alone.
    private static let names: [FilePath] = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/services", "/etc/protocols",
    ]

    static func arguments(network: Bool) -> [String] {
        var arguments: [String] = []
        for root in roots {
            // On a merged system /bin and /lib are links into /usr, and stay so.
            if let target = linkTarget(root) {
                arguments += ["--symlink", target, root.string]
            } else if isFolder(root) {
                arguments += Mount(readOnly: root).arguments
            }
        }
        for path in configuration + (network ? names : []) {
            // resolv.conf may be a link into /run, which is not shown: what it leads to is.
            if let source = resolved(path) { arguments += Mount(readOnly: source, at: path).arguments }
        }
        return arguments
    }

    private static func linkTarget(_ path: FilePath) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink(path.string, &buffer, buffer.count)
        guard length > 0 else { return nil }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
