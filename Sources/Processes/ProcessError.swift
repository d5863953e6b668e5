import Subprocess
import SystemPackage

/// Why a process could not be started, or why it was killed. A process that ends by itself is no error, whatever its
/// exit status.
public struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case notFound
        case cannotStart(errno: Int32)
        /// It ran, or kept a reader waiting, for longer than it may; it is dead.
        case timedOut
        /// It wrote more than may be kept; it is dead.
        case outputLimit
        /// It wrote a line longer than the reader takes.
        case lineTooLong
        case cancelled
        /// Its pipes failed: EPIPE where it does not read its input.
        case io(errno: Int32)
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension ProcessError {
    /// An ending that we brought about.
    init(ending: ProcessTree.Ending, of request: ProcessRequest) {
        switch ending {
        case .timedOut:
            self.init(.timedOut, "\(request.name): killed after \(request.timeout.map { "\($0)" } ?? "its deadline")")
        case .readTimedOut(let limit):
            self.init(.timedOut, "\(request.name): killed after \(limit) without an answer")
        case .outputLimit:
            self.init(.outputLimit, "\(request.name): killed, its output is over \(request.outputLimit ?? 0) bytes")
        }
    }

    static func cancelled(_ request: ProcessRequest) -> ProcessError {
        ProcessError(.cancelled, "\(request.name): cancelled")
    }

    /// Any error of the library beneath as one of ours.
    init(mapping error: any Error, of request: ProcessRequest) {
        switch error {
        case let error as ProcessError:
            self = error
        case is CancellationError:
            self = .cancelled(request)
        case let error as SubprocessError where error.code == .executableNotFound:
            // The library says the same of a file that may not be executed, and of one whose interpreter is not there.
            if isExecutable(request.executable) {
                self.init(
                    .cannotStart(errno: Errno.noSuchFileOrDirectory.rawValue),
                    "\(request.executable): the interpreter that its first line names is not there")
            } else if exists(request.executable) {
                self.init(.cannotStart(errno: Errno.permissionDenied.rawValue), "\(request.executable): not executable")
            } else {
                self.init(.notFound, "\(request.executable): no such program")
            }
        case let error as SubprocessError where error.code == .spawnFailed:
            self.init(starting: request.executable, error)
        case let error as SubprocessError where error.code == .failedToChangeWorkingDirectory:
            self.init(starting: request.workingDirectory ?? request.executable, error)
        case let error as SubprocessError:
            let errno = error.underlyingError ?? .ioError
            self.init(.io(errno: errno.rawValue), "\(request.name): \(errno)")
        case let errno as Errno:
            self.init(.io(errno: errno.rawValue), "\(request.name): \(errno)")
        default:
            self.init(.io(errno: Errno.ioError.rawValue), "\(request.name): \(error)")
        }
    }

    private init(starting path: FilePath, _ error: SubprocessError) {
        let errno = error.underlyingError ?? .invalidArgument
        self.init(.cannotStart(errno: errno.rawValue), "cannot start \(path): \(errno)")
    }
}
