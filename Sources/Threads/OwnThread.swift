import Glibc

/// A thread of one's own, for what blocks: the pool of Swift's tasks has no more threads than the machine has cores.
public struct OwnThread: Sendable {
    private let thread: pthread_t

    /// Runs `body` on a new thread that takes no signals: those are for the program's main thread. Nil where the system
    /// gives no more threads; `body` is not run then.
    public init?(_ body: @escaping @Sendable () -> Void) {
        var everything = sigset_t()
        var before = sigset_t()
        sigfillset(&everything)
        pthread_sigmask(SIG_SETMASK, &everything, &before)  // a new thread inherits it
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(&thread, nil, Work.run, work.toOpaque())
        guard code == 0 else {
            work.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for its end. The thread that ends itself cannot wait for itself: then it is let go.
    public func join() {
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }

    public func detach() {
        pthread_detach(thread)
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
        if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
        return nil
    }
}

/// Waits for `body`, which may block, without blocking a thread of the pool.
public func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        if let thread = OwnThread({ continuation.resume(returning: body()) }) {
            thread.detach()
        } else {
            continuation.resume(returning: body())
        }
    }
}
