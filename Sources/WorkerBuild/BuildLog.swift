import Processes
import Synchronization
import SystemPackage

/// A build's output: every line to the caller and into the log file, the last of them for the error message.
final class BuildLog: Sendable {
    /// Bytes of the log that are kept; a build may say more, but not to the disk.
    private static let sizeLimit = 64 << 20
    private static let tailLength = 30

    private let file: FileDescriptor
    private let onLine: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var written = 0
        var tail: [String] = []
        var failure: Errno?
    }

    /// - Throws: `io` where the file cannot be made.
    init(_ path: FilePath, onLine: @escaping @Sendable (String) -> Void) throws(BuildError) {
        do {
            file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw BuildError(.io, "cannot write \(path): \(error)")
        }
        self.onLine = onLine
    }

    deinit {
        // What could fail here failed in `finish`.
        try? file.close()
    }

    /// The last 30 lines.
    var tail: [String] { state.withLock { $0.tail } }

    func take(_ line: String) {
        state.withLock { state in
            if state.tail.count == Self.tailLength { state.tail.removeFirst() }
            state.tail.append(line)
            let bytes = Array((line + "\n").utf8)
            guard state.failure == nil, state.written + bytes.count <= Self.sizeLimit else { return }
            do {
                state.written += try file.writeAll(bytes)
            } catch {
                // Told once, at the end: a line has nowhere to throw to.
                state.failure = error as? Errno ?? .ioError
            }
        }
        onLine(line)
    }

    /// - Throws: `io` where some of it could not be written.
    func finish() throws(BuildError) {
        if let errno = state.withLock({ $0.failure }) { throw BuildError(.io, "cannot write the build log: \(errno)") }
    }
}
