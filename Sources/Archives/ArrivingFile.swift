import Dispatch
import Synchronization
public import SystemPackage

/// An archive that is read while it still arrives: whoever writes the file tells how far it is, and the one thread that
/// extracts it waits for more.
///
/// Nothing of the content passes through here, so that neither of the two can hold the other up.
public final class ArrivingFile: Sendable {
    struct Standing: Sendable {
        /// How far the file is whole from its start, in bytes.
        var front: Int64 = 0
        /// Nothing follows the front, and all of it is what it should be.
        var isFinal = false
        /// Counts the times that the file was begun anew.
        var generation = 0
    }

    /// What content that is refused may still turn out to be, once all of it is here.
    public enum Doubt: Sendable {
        /// Nothing else: nobody says what it is to be.
        case none
        /// Damaged on the way, which its digest will tell. Damage makes no hostile entry.
        case damage
        /// Another source's, which had no right to it.
        case source
    }

    private struct State {
        var standing = Standing()
        var isAwaited = false
    }

    let path: FilePath
    private let doubt: Doubt
    private let state = Mutex(State())
    private let change = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - path: where the file will be once it has a first byte; it stays the same file.
    ///   - doubt: what is not doubted is refused at once, the rest once the file is finished.
    public init(_ path: FilePath, doubt: Doubt = .source) {
        self.path = path
        self.doubt = doubt
    }

    /// A file that is whole.
    /// - Throws: `.io` where it is not there.
    public init(whole path: FilePath) throws(ArchiveError) {
        self.path = path
        doubt = .none
        do throws(Errno) {
            finish(at: try path.stat().size)
        } catch {
            throw ArchiveError(error, "cannot open the archive")
        }
    }

    /// Whether all bytes are there and believed.
    public var isFinished: Bool { state.withLock(\.standing.isFinal) }

    /// Whether anybody says what the content is to be.
    var isVouchedFor: Bool { doubt != .none }

    /// The first `front` bytes are there.
    public func advance(to front: Int64) {
        update { $0.front = front }
    }

    /// The file is written once more from its start: nothing counts that was read of it.
    public func beginAnew() {
        update { standing in
            standing.front = 0
            standing.generation += 1
        }
    }

    /// All `size` bytes are there and are believed: what was extracted may be kept.
    public func finish(at size: Int64) {
        update { standing in
            standing.front = size
            standing.isFinal = true
        }
    }

    /// Lets the thread that waits look about.
    func wake() {
        update { _ in }
    }

    private func update(_ change: (inout Standing) -> Void) {
        let isAwaited = state.withLock { state in
            change(&state.standing)
            defer { state.isAwaited = false }
            return state.isAwaited
        }
        if isAwaited { self.change.signal() }
    }

    /// Waits until how far the file is will do.
    /// - Throws: `.cancelled`; who cancels calls `wake` afterwards.
    func wait(
        _ cancellation: Cancellation, until isEnough: (Standing) -> Bool
    ) throws(ArchiveError) -> Standing {
        while true {
            let standing = try state.withLock { (state) throws(ArchiveError) -> Standing? in
                // Under the lock, for `wake` takes it too: a cancellation is seen here, or wakes.
                try cancellation.check()
                if isEnough(state.standing) { return state.standing }
                state.isAwaited = true
                return nil
            }
            if let standing { return standing }
            change.wait()
        }
    }

    /// Runs `work` on the content, again where the file was begun anew. Where there is doubt whether the content is at
    /// fault, what it is refused for waits until all of it has come.
    func follow<Value>(
        _ cancellation: Cancellation, _ work: (ArchiveSource) throws(ArchiveError) -> Value
    ) throws(ArchiveError) -> Value {
        while true {
            let source = try ArchiveSource(self, cancellation)
            do throws(ArchiveError) {
                return try work(source)
            } catch {
                guard error.blamesContent else { throw error }
                if try source.stands(atEnd: leavesDoubt(error)) { throw error }
            }
        }
    }

    private func leavesDoubt(_ error: ArchiveError) -> Bool {
        switch doubt {
        case .none: false
        case .damage: !error.blamesMaker
        case .source: true
        }
    }
}
