import Foundation
import Synchronization
import SystemPackage
import TestHub
import TestSupport

/// Debian's `docker-registry` on a port of the kernel's choice, filled by `skopeo`.
final class DockerRegistry: Sendable {
    static let isHere = ["docker-registry", "skopeo"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    static let user = "me"
    static let password = "registry-canary-3"
    /// `htpasswd -bnB -C 4 me registry-canary-3`
    private static let account = "me:$2b$04$JL9zD1T1GkjKZ9otsvjDEuPbz1uRaF9JsARUChPt3ghd1BR3HRU.6"

    /// `HOST:PORT`.
    let host: String
    let folder: TemporaryDirectory
    private let process: Process
    private let log: Log

    /// What the registry says, a line a request.
    private final class Log: Sendable {
        let text = Mutex("")
    }

    /// - Parameter registry: whose content it passes on, and keeps (a pull-through cache).
    init(asksForLogin: Bool = false, of registry: DockerRegistry? = nil) throws {
        folder = try TemporaryDirectory()
        var lines = [
            "version: 0.1", "storage: {filesystem: {rootdirectory: \(folder.path)/data}, delete: {enabled: true}}",
            "http: {addr: \"127.0.0.1:0\"}",
        ]
        if asksForLogin {
            let accounts = try folder.write(Array("\(Self.account)\n".utf8), to: "htpasswd")
            lines.append("auth: {htpasswd: {realm: test, path: \(accounts)}}")
        }
        if let registry { lines.append("proxy: {remoteurl: \"http://\(registry.host)\"}") }
        let configuration = try folder.write(Array(lines.joined(separator: "\n").utf8), to: "config.yml")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/docker-registry")
        process.arguments = ["serve", configuration.string]
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let log = Log()
        self.log = log
        let reader = pipe.fileHandleForReading
        var port: Substring?
        while port == nil {
            let data = reader.availableData
            if data.isEmpty { break }
            log.text.withLock { $0 += String(decoding: data, as: UTF8.self) }
            let said = log.text.withLock { $0 }
            port = said.firstRange(of: "listening on 127.0.0.1:").map {
                said[$0.upperBound...].prefix(while: \.isNumber)
            }
        }
        guard let port else { throw Installation.CommandFailed(words: ["docker-registry", log.text.withLock { $0 }]) }
        host = "127.0.0.1:\(port)"
        Thread.detachNewThread {
            while true {
                let data = reader.availableData
                if data.isEmpty { break }
                log.text.withLock { $0 += String(decoding: data, as: UTF8.self) }
            }
        }
    }

    deinit {
        process.terminate()
    }

    /// Ends it: nothing listens at its port any more.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// The requests for blobs so far, by what the registry has written down.
    var blobRequests: Int {
        log.text.withLock { text in
            text.split(separator: "\n").count { $0.contains("GET /v2/") && $0.contains("/blobs/") }
        }
    }

    struct Layer {
        var type: String
        var bytes: [UInt8]
        var title: String?
    }

    /// Pushes an artifact as an image layout (image-layout.md) would have it.
    /// - Returns: the hexadecimal digits of the layers' digests.
    @discardableResult
    func push(_ name: String, tag: String, _ layers: [Layer], on machine: Installation) throws -> [String] {
        let layout = "layout-\(UUID().uuidString)"
        var described: [String] = []
        var digests: [String] = []
        for layer in [Layer(type: "application/vnd.oci.empty.v1+json", bytes: Array("{}".utf8))] + layers {
            let digest = try put(layer.bytes, layout)
            digests.append(digest)
            let title = layer.title.map { #","annotations":{"org.opencontainers.image.title":"\#($0)"}"# } ?? ""
            described.append(
                #"{"mediaType":"\#(layer.type)","digest":"sha256:\#(digest)","size":\#(layer.bytes.count)\#(title)}"#)
        }
        let rest = described.dropFirst().joined(separator: ",")
        let manifest = Array(
            #"{"schemaVersion":2,"mediaType":"\#(TestHub.imageManifest)","config":\#(described[0]),"layers":[\#(rest)]}"#
                .utf8)
        let digest = try put(manifest, layout)
        let entry =
            #"{"mediaType":"\#(TestHub.imageManifest)","digest":"sha256:\#(digest)","size":\#(manifest.count),"annotations":{"org.opencontainers.image.ref.name":"it"}}"#
        try folder.write(Array(#"{"schemaVersion":2,"manifests":[\#(entry)]}"#.utf8), to: "\(layout)/index.json")
        try folder.write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: "\(layout)/oci-layout")
        try machine.shell([
            "skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds",
            "\(Self.user):\(Self.password)", "oci:\(folder.path)/\(layout):it", "docker://\(host)/\(name):\(tag)",
        ])
        return Array(digests.dropFirst())
    }

    /// Changes one byte of a blob where the registry keeps it.
    func damage(_ hex: String) throws {
        let path = folder.path.appending("data/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data")
        let file = try FileDescriptor.open(path, .readWrite)
        defer { try? file.close() }
        var byte: [UInt8] = [0]
        _ = try byte.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 100, into: $0) }
        _ = try file.writeAll(toAbsoluteOffset: 100, [byte[0] ^ 1])
    }

    private func put(_ bytes: [UInt8], _ layout: String) throws -> String {
        let digest = try TestHub.sha256(of: .bytes(bytes))
        try folder.write(bytes, to: "\(layout)/blobs/sha256/\(digest)")
        return digest
    }
}
