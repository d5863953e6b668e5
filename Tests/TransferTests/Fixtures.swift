import ArtifactTypes
import Crypto
import Logging
import Synchronization
import SystemPackage
import TestSupport

@testable import Transfer

/// Bytes that repeat at no block's size, but at a prime that is quick to make without optimization too.
func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    let pattern = (0..<65_537).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + pattern.count)
    while bytes.count < count { bytes += pattern }
    bytes.removeLast(bytes.count - count)
    return bytes
}

func sha256(_ bytes: [UInt8]) -> ArtifactTypes.Digest {
    ArtifactTypes.Digest(.sha256, bytes: SHA256.hash(data: bytes))!
}

/// What a correct server does with a file: ranges, If-Range, 416.
func serve(_ bytes: [UInt8], tag: String? = "\"v1\"", to request: ScriptedServer.Request, _ wire: Wire) {
    var headers: [String: String] = [:]
    headers["ETag"] = tag
    let condition = request.headers["if-range"]
    guard let start = rangeStart(request), condition == nil || condition == tag else {
        return wire.answer(200, headers, bytes)
    }
    guard start < bytes.count else {
        headers["Content-Range"] = "bytes */\(bytes.count)"
        return wire.answer(416, headers)
    }
    headers["Content-Range"] = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
    wire.answer(206, headers, Array(bytes[start...]))
}

/// The beginning of an answer, as long as `count`, whose connection then breaks.
func serveBroken(_ bytes: [UInt8], after count: Int, to request: ScriptedServer.Request, _ wire: Wire) {
    let start = rangeStart(request) ?? 0
    let body = Array(bytes[start..<max(start, min(bytes.count, count))])
    if start == 0 {
        wire.answer(200, ["ETag": "\"v1\""], body, length: bytes.count)
    } else {
        let range = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
        wire.answer(206, ["ETag": "\"v1\"", "Content-Range": range], body, length: bytes.count - start)
    }
    wire.close()
}

func rangeStart(_ request: ScriptedServer.Request) -> Int? {
    guard let range = request.headers["range"], range.hasPrefix("bytes="), range.hasSuffix("-") else { return nil }
    return Int(range.dropFirst(6).dropLast())
}

/// An engine and a folder for one test.
struct Bench: Sendable {
    let engine: TransferEngine
    let folder: TemporaryDirectory
    let waits = Waits()
    let log = CapturedLog()

    final class Waits: Sendable {
        private let list = Mutex<[Duration]>([])
        var all: [Duration] { list.withLock { $0 } }
        func note(_ wait: Duration) { list.withLock { $0.append(wait) } }
    }

    /// Its clock does not wait: it remembers what it was asked.
    init(attempts: Int = 5, configure: (inout TransferConfiguration) -> Void = { _ in }) throws {
        folder = try TemporaryDirectory()
        var configuration = TransferConfiguration(maximumAttempts: attempts, proxies: .none)
        configuration.sleep = { [waits] in waits.note($0) }
        configure(&configuration)
        let handler = log
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = .trace
        engine = TransferEngine(configuration, logger: logger)
    }

    var partial: FilePath { folder.path.appending("x.part") }
    var journal: FilePath { folder.path.appending("x.journal") }
    /// Nil where there is none.
    var held: [UInt8]? { contents(of: partial) }

    func download(
        _ servers: [ScriptedServer], path: String = "/file", size: Int? = nil, digest: ArtifactTypes.Digest? = nil,
        limit: Int64? = nil, stall: Int = 30
    ) -> Download {
        Download(
            sources: servers.map { DownloadSource(url: $0.origin + path) }, size: size.map(Int64.init), digest: digest,
            partial: partial, journal: journal,
            access: TransferAccess(configuredOrigins: servers.map(\.origin), stallTimeout: stall), maximumBytes: limit)
    }

    @discardableResult
    func fetch(_ download: Download) async throws(TransferError) -> DownloadOutcome {
        try await engine.download(download) { _, _ in }
    }

    /// What the download fails with; nil where it does not.
    func failure(_ download: Download) async -> TransferError? {
        do throws(TransferError) {
            try await fetch(download)
            return nil
        } catch {
            return error
        }
    }
}

func contents(of path: FilePath) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        bytes += buffer[..<count]
    }
    return bytes
}

/// Everything that was logged, at any level.
struct CapturedLog: LogHandler {
    final class Lines: Sendable {
        let text = Mutex("")
    }

    let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    var text: String { lines.text.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.text.withLock { $0 += "\(event.message) \(event.metadata ?? [:])\n" }
    }
}

extension Bench {
    /// For places that throw nothing but `TransferError`.
    static func make() throws(TransferError) -> Bench {
        do {
            return try Bench()
        } catch {
            throw TransferError(.unsupported, "no bench: \(error)")
        }
    }
}
