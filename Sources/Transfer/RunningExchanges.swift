import CCurl
import Glibc

/// The exchanges under way on the loop's thread; never leaves it.
final class RunningExchanges {
    private let multi: UnsafeMutableRawPointer
    private let rateLimit: RateLimit?
    private let receiveBuffer: Int
    private let share: UnsafeMutableRawPointer?
    private var running: [ExchangeID: EasyExchange] = [:]

    init(multi: UnsafeMutableRawPointer, rateLimit: RateLimit?, receiveBuffer: Int) {
        self.multi = multi
        self.rateLimit = rateLimit
        self.receiveBuffer = receiveBuffer
        share = curl_share_init()
        // A multi handle shares connections and DNS by itself, TLS sessions not.
        if let share { ccurl_share_set(share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_SSL_SESSION.rawValue)) }
    }

    func obey(_ command: CurlLoop.Command) {
        switch command {
        case .start(let submission): start(submission)
        case .cancel(let id): finish(id, .failed(.cancelled))
        case .resume(let id): running[id]?.resume()
        }
    }

    /// Lets libcurl move what can be moved, and ends what is done.
    func advance() {
        for id in rateLimit?.dueExchanges() ?? [] { running[id]?.resume() }
        var count: Int32 = 0
        curl_multi_perform(multi, &count)
        while let message = curl_multi_info_read(multi, &count) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            guard let exchange = EasyExchange.of(message.pointee.easy_handle) else { continue }
            finish(exchange.submission.id, exchange.outcome(code))
        }
    }

    /// Milliseconds after which `advance` has to be called again; nil where nothing here depends on time.
    var wait: Int32? { rateLimit?.wait() }

    func cancelAll() {
        for id in running.keys { finish(id, .failed(.cancelled)) }
    }

    /// After the multi handle is gone: it uses the share to the last.
    func releaseShare() {
        if let share { curl_share_cleanup(share) }
    }

    private func start(_ submission: CurlLoop.Submission) {
        guard let handle = curl_easy_init() else {
            submission.finish(.failed(TransferError(.io(errno: ENOMEM), "no memory for a request")))
            return
        }
        let exchange = EasyExchange(handle, submission, rateLimit)
        if let failure = exchange.configure(receiveBuffer: receiveBuffer, share: share) {
            exchange.close()
            submission.finish(.failed(failure))
            return
        }
        running[submission.id] = exchange
        curl_multi_add_handle(multi, handle)
    }

    private func finish(_ id: ExchangeID, _ outcome: ExchangeOutcome) {
        guard let exchange = running.removeValue(forKey: id) else { return }
        rateLimit?.forget(id)
        curl_multi_remove_handle(multi, exchange.handle)
        exchange.close()
        exchange.submission.finish(outcome)
    }
}
