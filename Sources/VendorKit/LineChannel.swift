import Foundation
import Synchronization
import SystemPackage

/// The two ends of a plug-in's conversation: lines in from one descriptor, lines out to another.
final class LineChannel: Sendable {
    enum Line: Sendable {
        case bytes([UInt8])
        case tooLong
    }

    /// The peer's lines, until its end closes.
    let lines: AsyncStream<Line>
    private let output: Mutex<FileDescriptor>

    init(input: FileDescriptor, output: FileDescriptor) {
        self.output = Mutex(output)
        let (lines, continuation) = AsyncStream.makeStream(of: Line.self)
        self.lines = lines
        // A thread of its own: reading blocks, and the concurrency pool must not.
        Thread.detachNewThread {
            Self.read(from: input) { continuation.yield($0) }
            continuation.finish()
        }
    }

    /// Writes `message` as one line, whole: two tasks' lines never mix.
    func send(_ message: some Encodable) throws {
        let line = Array(try JSONEncoder().encode(message)) + [UInt8(ascii: "\n")]
        try output.withLock { descriptor in _ = try descriptor.writeAll(line) }
    }

    private static func read(from input: FileDescriptor, _ give: (Line) -> Void) {
        var line: [UInt8] = []
        var isTooLong = false
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        // An input that cannot be read any more has ended, whatever the reason.
        while let count = try? buffer.withUnsafeMutableBytes({ try input.read(into: $0) }), count > 0 {
            var rest = buffer[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if !isTooLong { line += rest[..<end] }
                give(isTooLong || line.count > PluginProtocol.maximumMessageSize ? .tooLong : .bytes(line))
                line = []
                isTooLong = false
                rest = rest[(end + 1)...]
            }
            if !isTooLong { line += rest }
            if line.count > PluginProtocol.maximumMessageSize {
                line = []
                isTooLong = true
            }
        }
    }
}
