import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Transfer

/// Against nginx, which speaks HTTP/2 over TLS as the hub does.
@Suite("HTTP/2", .enabled(if: HTTP2Server.tool != nil, "nginx is not installed"))
struct HTTP2Tests {
    @Test("carries many small files over one connection, and large ones have connections of their own")
    func smallFiles() async throws {
        let bench = try Bench()
        let large = content(3 << 20)
        let server = try HTTP2Server(files: ["large": large])
        for number in 0..<40 { try server.add("small-\(number)", content(20_000, seed: UInt64(number))) }
        let access = TransferAccess(configuredOrigins: [server.origin], caFile: server.certificate.string)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<41 {
                let name = number < 40 ? "small-\(number)" : "large"
                let bytes = number < 40 ? content(20_000, seed: UInt64(number)) : large
                group.addTask {
                    let outcome = try await bench.fetch(
                        Download(
                            sources: [DownloadSource(url: "\(server.origin)/\(name)")], size: Int64(bytes.count),
                            digest: sha256(bytes), partial: bench.folder.path.appending("\(name).part"),
                            journal: bench.folder.path.appending("\(name).journal"), access: access))
                    #expect(outcome.sha256 == sha256(bytes))
                }
            }
            try await group.waitForAll()
        }
        // A second round meets handles and connections that were used before.
        for number in 0..<3 {
            let response = try await bench.engine.send(
                TransferRequest(url: "\(server.origin)/small-\(number)", access: access))
            #expect(response.body == content(20_000, seed: UInt64(number)))
        }
        let requests = try server.requests()
        let small = requests.filter { $0.path.hasPrefix("/small") }
        #expect(small.count == 43 && small.allSatisfy { $0.version == "HTTP/2.0" })
        #expect(Set(small.map(\.connection)).count == 1)
        let others = requests.filter { $0.path == "/large" }
        #expect(!others.isEmpty && others.allSatisfy { $0.version == "HTTP/1.1" })
    }
}

/// nginx on a port of its own, with a certificate made for it.
final class HTTP2Server: Sendable {
    static let tool = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    struct Request: Sendable {
        let connection: String
        let version: String
        let path: String
    }

    let origin: String
    let certificate: FilePath
    private let folder: TemporaryDirectory
    private let process: Process

    init(files: [String: [UInt8]]) throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        for (name, bytes) in files { try folder.write(bytes, to: "files/\(name)") }
        certificate = folder.path.appending("certificate.pem")
        try TLSServer.makeCertificate(for: "IP:127.0.0.1", in: folder.path)
        let port = try Self.freePort()
        origin = "https://127.0.0.1:\(port)"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder.path)/\($0);"
        }
        try folder.write(
            Array(
                """
                \(geteuid() == 0 ? "user root;" : "")
                daemon off; worker_processes 1; pid \(folder.path)/pid; error_log stderr notice;
                events {}
                http {
                    log_format short '$connection $server_protocol $uri';
                    access_log \(folder.path)/log short;
                    \(temporary.joined(separator: " "))
                    server {
                        listen 127.0.0.1:\(port) ssl http2;
                        ssl_certificate certificate.pem; ssl_certificate_key key.pem;
                        root \(folder.path)/files;
                    }
                }
                """.utf8), to: "nginx.conf")
        let process = Process()
        self.process = process
        process.executableURL = URL(fileURLWithPath: Self.tool ?? "")
        process.arguments = ["-p", folder.path.string, "-c", "nginx.conf", "-e", "stderr"]
        let log = Pipe()
        process.standardError = log
        try process.run()
        var said = ""
        while !said.contains("start worker process") {
            let more = log.fileHandleForReading.availableData
            guard !more.isEmpty else { throw SystemFailure(number: ECHILD) }
            said += String(decoding: more, as: UTF8.self)
        }
    }

    deinit {
        process.terminate()
    }

    func add(_ name: String, _ bytes: [UInt8]) throws {
        try folder.write(bytes, to: "files/\(name)")
    }

    /// Ends the server, so that it has written down all requests, and lists them.
    func requests() throws -> [Request] {
        process.terminate()
        process.waitUntilExit()
        let log = try String(contentsOfFile: folder.path.appending("log").string, encoding: .utf8)
        return log.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Request(connection: words[0], version: words[1], path: words[2])
        }
    }

    /// One that the kernel picks; nginx takes no zero.
    private static func freePort() throws -> UInt16 {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(probe, pointer, length) == 0 && getsockname(probe, pointer, &length) == 0
        }
        guard isBound else { throw SystemFailure(number: errno) }
        return UInt16(bigEndian: address.sin_port)
    }
}
