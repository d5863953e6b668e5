import CCurl
import Synchronization
import Threads

/// The one thread that talks to libcurl. Tasks reach it by a mailbox and `curl_multi_wakeup`, the only call of a multi
/// handle that other threads may make.
///
/// Connections, DNS answers and TLS sessions are kept and shared by all exchanges.
final class CurlLoop: Sendable {
    enum Command: Sendable {
        case start(Submission)
        case cancel(ExchangeID)
        case resume(ExchangeID)
    }

    struct Submission: Sendable {
        var id: ExchangeID
        var request: ExchangeRequest
        var sink: any AnswerSink
        var finish: @Sendable (ExchangeOutcome) -> Void
    }

    private struct Mailbox {
        var commands: [Command] = []
        var isOpen = false
    }

    private let mailbox = Mutex(Mailbox())
    private let thread = Mutex<OwnThread?>(nil)
    private let nextID = Atomic<UInt64>(0)
    // Used by the loop's thread alone, but for `curl_multi_wakeup`, which is made for others. That call happens under
    // the mailbox's lock while it is open, and the handle is freed only after it was closed.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

    init(maximumHostConnections: Int, rateLimit: Int64?, receiveBuffer: Int) {
        _ = Self.library
        multi = curl_multi_init()
        guard let multi else { return }
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, maximumHostConnections)
        mailbox.withLock { $0.isOpen = true }
        let started = OwnThread { [self] in run(rateLimit: rateLimit, receiveBuffer: receiveBuffer) }
        if started == nil {
            mailbox.withLock { $0.isOpen = false }
            curl_multi_cleanup(multi)
        }
        thread.withLock { $0 = started }
    }

    /// Ends every exchange as cancelled and waits for the thread. May be called more than once.
    func stop() {
        mailbox.withLock { box in
            guard box.isOpen else { return }
            box.isOpen = false
            curl_multi_wakeup(multi)
        }
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    func newID() -> ExchangeID {
        ExchangeID(number: nextID.add(1, ordering: .relaxed).newValue)
    }

    /// Performs one exchange. A cancelled task cancels it.
    func perform(_ request: ExchangeRequest, id: ExchangeID, into sink: any AnswerSink) async -> ExchangeOutcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let submission = Submission(id: id, request: request, sink: sink) { continuation.resume(returning: $0) }
                if !post(.start(submission)) {
                    continuation.resume(
                        returning: .failed(TransferError(.cancelled, "the transfer engine is shut down")))
                }
                // A cancellation that came before the start found nothing to cancel.
                if Task.isCancelled { post(.cancel(id)) }
            }
        } onCancel: {
            post(.cancel(id))
        }
    }

    /// Offers a paused body again.
    func resume(_ id: ExchangeID) {
        post(.resume(id))
    }

    /// Ends an exchange from this side, as `cancelled`.
    func cancel(_ id: ExchangeID) {
        post(.cancel(id))
    }

    @discardableResult
    private func post(_ command: Command) -> Bool {
        mailbox.withLock { box in
            guard box.isOpen else { return false }
            box.commands.append(command)
            curl_multi_wakeup(multi)
            return true
        }
    }

    private func run(rateLimit: Int64?, receiveBuffer: Int) {
        guard let multi else { return }
        let exchanges = RunningExchanges(
            multi: multi, rateLimit: rateLimit.map { RateLimit($0) }, receiveBuffer: receiveBuffer)
        while true {
            let (commands, isOpen) = mailbox.withLock { box in
                defer { box.commands = [] }
                return (box.commands, box.isOpen)
            }
            for command in commands { exchanges.obey(command) }
            guard isOpen else { break }
            exchanges.advance()
            // A minute: timers of libcurl and wake-ups end the wait earlier.
            curl_multi_poll(multi, nil, 0, exchanges.wait ?? 60_000, nil)
        }
        exchanges.cancelAll()
        curl_multi_cleanup(multi)
        exchanges.releaseShare()
    }

    /// `curl_global_init` once a process, before any other call.
    private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}
