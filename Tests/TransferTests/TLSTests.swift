import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Transfer

/// Against `openssl s_server`, with certificates made for the test.
@Suite("TLS", .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.tool), "openssl is not installed"))
struct TLSTests {
    private func send(
        _ server: TLSServer, caFile: FilePath?, caFiles: [String: String] = [:]
    ) async -> Result<TransferResponse, TransferError> {
        await Result.catching { () async throws(TransferError) in
            let bench = try Bench.make()
            return try await bench.engine.send(
                TransferRequest(
                    url: server.origin + "/page",
                    access: TransferAccess(
                        configuredOrigins: [server.origin], caFile: caFile?.string, caFiles: caFiles)))
        }
    }

    @Test("trusts the named file of certificates, and without it refuses at once")
    func trust() async throws {
        let server = try await TLSServer(name: "IP:127.0.0.1", page: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let response = try await send(server, caFile: server.certificate).get()
        #expect(response.body == Array("ok".utf8))
        let refused = await send(server, caFile: nil)
        #expect(throws: TransferError.self) { try refused.get() }
        guard case .failure(let error) = refused else { return }
        #expect(error.code == .tls && !error.isTransient)
    }

    @Test("trusts a server by its own file before that of all, and no other server by it")
    func ownFile() async throws {
        let page = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let one = try await TLSServer(name: "IP:127.0.0.1", page: page)
        let other = try await TLSServer(name: "IP:127.0.0.1", page: page)
        let files = [one.origin + "/": one.certificate.string]
        #expect(try await send(one, caFile: other.certificate, caFiles: files).get().status == 200)
        #expect(try await send(other, caFile: other.certificate, caFiles: files).get().status == 200)
        let refused = await send(other, caFile: nil, caFiles: files)
        #expect(throws: TransferError.self) { try refused.get() }
    }

    @Test("refuses a certificate of another host")
    func otherHost() async throws {
        let server = try await TLSServer(name: "DNS:other.example", page: "HTTP/1.0 200 OK\r\n\r\n")
        guard case .failure(let error) = await send(server, caFile: server.certificate) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .tls)
    }

    @Test("is not left by a redirect to plain http")
    func downgrade() async throws {
        let plain = try ScriptedServer { _, wire in wire.answer(200) }
        let server = try await TLSServer(
            name: "IP:127.0.0.1", page: "HTTP/1.0 302 Found\r\nLocation: \(plain.origin)/\r\nContent-Length: 0\r\n\r\n")
        guard case .failure(let error) = await send(server, caFile: server.certificate) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .forbidden)
        #expect(plain.requests.isEmpty)
    }
}

/// Answers every request with one page, byte by byte as given.
final class TLSServer: Sendable {
    static let tool = "/usr/bin/openssl"

    let origin: String
    let certificate: FilePath
    private let folder: TemporaryDirectory
    private let server: Process

    init(name: String, page: String) async throws {
        folder = try TemporaryDirectory()
        try folder.write(Array(page.utf8), to: "page")
        certificate = folder.path.appending("certificate.pem")
        try Self.makeCertificate(for: name, in: folder.path)
        let key = folder.path.appending("key.pem")
        server = Self.openssl(
            ["s_server", "-accept", "127.0.0.1:0", "-HTTP", "-cert", certificate.string, "-key", key.string],
            in: folder.path)
        let output = Pipe()
        server.standardOutput = output
        try server.run()
        var said = ""
        while !said.contains("ACCEPT") || said.last != "\n" {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw SystemFailure(number: ECHILD) }
            said += String(decoding: more, as: UTF8.self)
        }
        let port = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last ?? ""
        origin = "https://127.0.0.1:\(port)"
    }

    deinit {
        server.terminate()
    }

    /// Makes `certificate.pem` and `key.pem`; `name` is as in `subjectAltName`.
    static func makeCertificate(for name: String, in folder: FilePath) throws {
        let making = openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -keyout"
                .split(separator: " ").map(String.init)
                + ["key.pem", "-out", "certificate.pem", "-addext", "subjectAltName=\(name)"], in: folder)
        try making.run()
        making.waitUntilExit()
    }

    private static func openssl(_ arguments: [String], in folder: FilePath) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }
}
