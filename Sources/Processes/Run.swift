import Subprocess
import Synchronization
import SystemPackage

/// Runs a process to its end.
///
/// - Parameters:
///   - onLine: called for every line as it arrives, the streams independently of each other.
///   - onStart: called with the process id once it runs.
/// - Throws: where it cannot start, and where a limit or cancellation ended it; every process of its group is dead then.
public func run(
    _ request: ProcessRequest, onLine: @escaping @Sendable (OutputLine) -> Void = { _ in },
    onStart: @Sendable (_ processID: Int32) -> Void = { _ in }
) async throws(ProcessError) -> ProcessOutcome {
    let lines = LineTaker(request, onLine: onLine)
    do {
        let (output, status) = try await supervise(
            request, then: .wait, onStart: onStart, errorOutput: { lines.take($0, from: .error) }
        ) { channels in
            async let fed: Void = feed(request, to: channels.input)
            let output = try await collect(channels, request, lines)
            try await fed
            return output
        }
        guard !Task.isCancelled else { throw ProcessError.cancelled(request) }
        return ProcessOutcome(status: status, output: output, lastLines: lines.finish())
    } catch {
        throw ProcessError(mapping: error, of: request)
    }
}

private func collect(_ channels: Channels, _ request: ProcessRequest, _ lines: LineTaker) async throws -> [UInt8] {
    var output: [UInt8] = []
    for try await piece in channels.output {
        let bytes = piece.withUnsafeBytes { Array($0) }
        lines.take(bytes, from: .output)
        guard let limit = request.outputLimit else { continue }
        guard output.count + bytes.count <= limit else {
            await channels.tree.end(.outputLimit)
            break
        }
        output += bytes
    }
    if Task.isCancelled { throw ProcessError.cancelled(request) }
    return output
}

/// - Throws: what reading the input's file fails by.
private func feed(_ request: ProcessRequest, to writer: StandardInputWriter) async throws {
    var failure: (any Error)?
    if let path = request.inputFile {
        do {
            try await copy(path, to: writer)
        } catch {
            failure = error
        }
    } else if !request.input.isEmpty {
        _ = await write(request.input, to: writer)
    }
    try? await writer.finish()
    if let failure { throw failure }
}

private func copy(_ path: FilePath, to writer: StandardInputWriter) async throws {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    defer { try? file.close() }
    while true {
        let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        guard !piece.isEmpty, await write(piece, to: writer) else { return }
    }
}

/// False where the process reads no more. That is its own business: what matters is how it ends.
private func write(_ bytes: [UInt8], to writer: StandardInputWriter) async -> Bool {
    do {
        _ = try await writer.write(bytes)
        return true
    } catch {
        return false
    }
}

/// Both streams' lines, to the caller and into the tail that an outcome keeps.
private final class LineTaker: Sendable {
    private static let kept = 30

    private let onLine: @Sendable (OutputLine) -> Void
    private let state: Mutex<State>

    private struct State {
        var output: LineSplitter
        var error: LineSplitter
        var tail: [String] = []

        mutating func keep(_ line: String) {
            if tail.count == LineTaker.kept { tail.removeFirst() }
            tail.append(line)
        }
    }

    init(_ request: ProcessRequest, onLine: @escaping @Sendable (OutputLine) -> Void) {
        self.onLine = onLine
        let splitter = LineSplitter(limit: request.lineLimit, secrets: request.secrets)
        state = Mutex(State(output: splitter, error: splitter))
    }

    func take(_ bytes: [UInt8], from stream: OutputLine.Stream) {
        let lines = state.withLock { state in
            let lines = stream == .output ? state.output.split(bytes) : state.error.split(bytes)
            for line in lines { state.keep(line) }
            return lines
        }
        for line in lines { onLine(OutputLine(stream: stream, text: line)) }
    }

    /// Hands on what came without a line break, and returns the tail.
    func finish() -> [String] {
        let (rest, tail) = state.withLock { state in
            let rest = [
                state.output.finish().map { OutputLine(stream: .output, text: $0) },
                state.error.finish().map { OutputLine(stream: .error, text: $0) },
            ].compactMap { $0 }
            for line in rest { state.keep(line.text) }
            return (rest, state.tail)
        }
        for line in rest { onLine(line) }
        return tail
    }
}
