import ArtifactTypes
import Foundation
import Logging
import Processes
import Provisioning
import Synchronization
import Testing
import VendorKit

@testable import VendorHost

/// A plain generator, so that a failing mutation comes again with its seed (Knuth's MMIX constants).
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }

    /// `bytes` with one to four small changes: a byte flipped, a piece doubled, cut out, or replaced by a hard value.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        let hard = [
            "null", "-1", "1e999", "\"\"", "[]", "{}", "\"../\"", "\\u0000", "99999999999999999999", "\u{202e}",
        ]
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
            let start = Int.random(in: result.indices, using: &self)
            let end = min(result.count, start + Int.random(in: 1...12, using: &self))
            switch Int.random(in: 0..<4, using: &self) {
            case 0: result[start] ^= UInt8(1 << Int.random(in: 0..<8, using: &self))
            case 1: result.insert(contentsOf: result[start..<end], at: start)
            case 2: result.removeSubrange(start..<end)
            default:
                result.replaceSubrange(start..<end, with: Array(hard[Int.random(in: hard.indices, using: &self)].utf8))
            }
        }
        return result.filter { $0 != UInt8(ascii: "\n") }
    }
}

@Suite("answers that were tampered with")
struct MutatedAnswerTests {
    private static let answer = """
        {"jsonrpc":"2.0","id":1,"result":{"reference":"test:org/name@main:Q4_K_M","vendor":"test","kind":"model",\
        "revision":"3f1c","files":[{"path":"dir/name.gguf","size":4081004224,"digest":"sha256:\
        \(String(repeating: "ab", count: 32))","urls":["https://x.example/a?b=c"],"headers":{"Authorization":"Bearer x"},\
        "unpack":{"archive":{"strip":1}}}],"metadata":{"license":"mit","tags":["gguf"],"gated":false}}}
        """

    @Test("five thousand mutations are each a checked resolution or an error, and never a trap")
    func mutations() async throws {
        let command = try PluginCommand(
            VendorConfiguration(
                name: "test", module: "process", provides: [.model],
                options: VendorOptions(["command": .strings(["x"])])),
            environment: [:])
        let log = PluginLog(
            vendor: "test", secrets: [], rate: 1 << 30, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var mutator = Mutator(seed: 20_240_711)
        var accepted = 0
        var refused: Set<String> = []
        for _ in 0..<5_000 {
            let lines = Mutex([mutator.mutate(Array(Self.answer.utf8))])
            let pipe = PluginPipe(
                write: { (_) async throws(ProcessError) in },
                read: { () async throws(ProcessError) -> [UInt8]? in lines.withLock { $0.popLast() } },
                close: { () async throws(ProcessError) in })
            var conversation = PluginConversation(
                pipe: pipe, log: log, notices: NoticePace(ProgressSink { _ in }), leash: Leash())
            do {
                let line = try await conversation.call(.resolve, ["reference": "test:org/name"])
                let resolution = try PluginAnswer(command: command, kind: .model).resolution(from: line)
                accepted += 1
                #expect(resolution.vendor == "test")
                #expect(resolution.files.allSatisfy { !$0.path.components.contains("..") })
                #expect(resolution.files.flatMap(\.sources).allSatisfy { $0.url.lowercased().hasPrefix("https://") })
            } catch {
                refused.insert(error.code.name)
            }
        }
        // Both ways were really taken: many changes touch only a text that may be anything.
        #expect(accepted > 100)
        #expect(refused == ["unavailable", "unsafeContent"])
    }
}
