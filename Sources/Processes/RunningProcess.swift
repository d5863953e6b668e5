import Subprocess
import Synchronization
import SystemPackage

/// A process that is talked to: lines written to its input, lines read from its output. Valid inside `withProcess`.
public actor RunningProcess {
    private nonisolated let request: ProcessRequest
    private nonisolated let tree: ProcessTree
    private nonisolated let writer: StandardInputWriter
    private var output: SubprocessOutputSequence.Iterator
    private var buffer: [UInt8] = []

    init(_ channels: Channels, _ request: ProcessRequest) {
        self.request = request
        tree = channels.tree
        writer = channels.input
        output = channels.output.makeAsyncIterator()
    }

    /// Writes all of `bytes` to its standard input.
    ///
    /// - Throws: `io(EPIPE)` where the process has closed its input or ended.
    public nonisolated func write(_ bytes: [UInt8]) async throws(ProcessError) {
        let written: Int
        do {
            written = try await writer.write(bytes)
        } catch {
            throw ProcessError(mapping: error, of: request)
        }
        if written < bytes.count {
            if Task.isCancelled { throw ProcessError.cancelled(request) }
            throw ProcessError(mapping: Errno.brokenPipe, of: request)
        }
    }

    /// Ends its standard input.
    public nonisolated func closeInput() async throws(ProcessError) {
        do {
            try await writer.finish()
        } catch {
            throw ProcessError(mapping: error, of: request)
        }
    }

    /// The next bytes of its output; nil at the end of it. Cancelling the task that reads ends the process.
    ///
    /// - Throws: `cancelled`, `io`.
    public func read() async throws(ProcessError) -> [UInt8]? {
        if !buffer.isEmpty {
            defer { buffer = [] }
            return buffer
        }
        do {
            let piece = try await withTaskCancellationHandler {
                try await nextPiece()
            } onCancel: {
                Task { [tree] in await tree.stop() }
            }
            if Task.isCancelled { throw ProcessError.cancelled(request) }
            return piece
        } catch {
            throw ProcessError(mapping: error, of: request)
        }
    }

    /// The next line without its line break; nil at the end of its output, where a line without a break is passed over.
    ///
    /// - Parameters:
    ///   - limit: the longest line in bytes.
    ///   - deadline: how long to wait; a process that is silent for longer is killed.
    /// - Throws: `lineTooLong`, `timedOut`, `cancelled`, `io`.
    public func readLine(limit: Int, within deadline: Duration? = nil) async throws(ProcessError) -> [UInt8]? {
        let timer = deadline.map { deadline in
            Task { [tree] in
                try await Task.sleep(for: deadline)
                await tree.end(.readTimedOut(deadline))
            }
        }
        defer { timer?.cancel() }
        var scanned = 0
        while true {
            if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                guard end <= limit else { throw tooLong(limit) }
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            scanned = buffer.count
            guard scanned <= limit else { throw tooLong(limit) }
            guard let piece = try await nextPiece() else { break }
            buffer += piece
        }
        if Task.isCancelled { throw ProcessError.cancelled(request) }
        if let ending = tree.ending { throw ProcessError(ending: ending, of: request) }
        return nil
    }

    private func nextPiece() async throws(ProcessError) -> [UInt8]? {
        var output = self.output
        do {
            let piece = try await output.next(isolation: self)
            self.output = output
            return piece.map { $0.withUnsafeBytes { Array($0) } }
        } catch {
            throw ProcessError(mapping: error, of: request)
        }
    }

    private func tooLong(_ limit: Int) -> ProcessError {
        ProcessError(.lineTooLong, "\(request.name): a line over \(limit) bytes")
    }
}

/// Starts a process and lets `body` talk to it. When `body` returns or throws, its input is closed and its group ended:
/// TERM, a short grace, KILL; so too when the task is cancelled, within a second, or `request.timeout` is over.
///
/// - Parameters:
///   - stderr: called for every line that it writes to standard error, redacted, line break included; a line over
///     `request.lineLimit` is cut. Bounding the rate is the caller's.
///   - stderrBytes: called with the number of bytes that came there, as they come: a line without end is none yet.
///   - onEnd: called with how it ended, by itself or by us, before this returns or throws.
/// - Throws: `ProcessError`, or what `body` throws. `request.input` and `outputLimit` play no part here.
public func withProcess<R: Sendable>(
    _ request: ProcessRequest, stderr: @escaping @Sendable ([UInt8]) -> Void,
    stderrBytes: @escaping @Sendable (Int) -> Void = { _ in },
    onEnd: @Sendable (ProcessStatus) -> Void = { _ in },
    _ body: @escaping @Sendable (RunningProcess) async throws -> R
) async throws -> R {
    let log = ErrorLines(request, take: stderr)
    let errorOutput = { @Sendable (bytes: [UInt8]) in
        stderrBytes(bytes.count)
        log.take(bytes)
    }
    let (result, _) = try await supervise(request, then: .end, onEnd: onEnd, errorOutput: errorOutput) { channels in
        try await body(RunningProcess(channels, request))
    }
    log.finish()
    return result
}

private final class ErrorLines: Sendable {
    private let splitter: Mutex<LineSplitter>
    private let take: @Sendable ([UInt8]) -> Void

    init(_ request: ProcessRequest, take: @escaping @Sendable ([UInt8]) -> Void) {
        splitter = Mutex(LineSplitter(limit: request.lineLimit, secrets: request.secrets))
        self.take = take
    }

    func take(_ bytes: [UInt8]) {
        for line in splitter.withLock({ $0.split(bytes) }) { take(Array((line + "\n").utf8)) }
    }

    func finish() {
        if let line = splitter.withLock({ $0.finish() }) { take(Array((line + "\n").utf8)) }
    }
}
