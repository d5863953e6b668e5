import CCurl
import Glibc

/// One easy handle at work, and the context of its callbacks. Lives on the loop's thread.
final class EasyExchange {
    let handle: UnsafeMutableRawPointer
    let submission: CurlLoop.Submission
    private let rateLimit: RateLimit?
    private var lines: UnsafeMutablePointer<curl_slist>?
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let body: UnsafeMutableBufferPointer<UInt8>?

    private var head: ResponseHead?
    private var headerBytes = 0
    private var isHeadComplete = false
    private var decision = BodyDecision.take
    private var discarded = 0
    private var end: End?

    /// Why this side ended the exchange.
    private enum End {
        case stopped
        case unwanted
        case failed(TransferError)
    }

    /// More than any server means: 100 fields of 1 KiB.
    private static let maximumHeaderBytes = 128 << 10
    /// A body that nobody wants is read up to this, to keep its connection.
    private static let maximumDiscard = 64 << 10

    init(_ handle: UnsafeMutableRawPointer, _ submission: CurlLoop.Submission, _ rateLimit: RateLimit?) {
        self.handle = handle
        self.rateLimit = rateLimit
        self.submission = submission
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        body = submission.request.body.map { bytes in
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = copy.initialize(from: bytes)
            return copy
        }
    }

    deinit {
        message.deallocate()
        body?.deallocate()
    }

    static func of(_ handle: UnsafeMutableRawPointer?) -> EasyExchange? {
        var context: UnsafeMutableRawPointer?
        guard ccurl_get_private(handle, &context) == CURLE_OK, let context else { return nil }
        return Unmanaged<EasyExchange>.fromOpaque(context).takeUnretainedValue()
    }

    /// Frees the handle. Its connections are the multi handle's, and stay.
    ///
    /// It is not used again: one that keeps its receive buffer, as after HTTP/2, takes no size for it any more.
    func close() {
        curl_easy_cleanup(handle)
        curl_slist_free_all(lines)
        lines = nil
    }

    func resume() {
        curl_easy_pause(handle, CURLPAUSE_CONT)
    }

    /// Sets every option; the first that libcurl refuses is returned.
    func configure(receiveBuffer: Int, share: UnsafeMutableRawPointer?) -> TransferError? {
        let request = submission.request
        var refused: CURLcode = CURLE_OK
        func check(_ code: CURLcode) {
            if refused == CURLE_OK { refused = code }
        }
        func set(_ option: CURLoption, _ value: Int) { check(ccurl_set_long(handle, option, value)) }
        func set(_ option: CURLoption, _ value: String) { check(ccurl_set_string(handle, option, value)) }

        check(
            ccurl_set_callbacks(
                handle, Unmanaged.passUnretained(self).toOpaque(), onHeader, onBody, onOpenSocket, onConnected))
        check(ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, message))
        check(ccurl_set_pointer(handle, CURLOPT_SHARE, share))
        set(CURLOPT_URL, request.address.text)
        set(CURLOPT_PROTOCOLS_STR, "https,http")
        set(CURLOPT_USERAGENT, request.userAgent)
        set(CURLOPT_NOSIGNAL, 1)
        // A look-up in progress would hold the whole loop when its exchange is cancelled.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_BUFFERSIZE, receiveBuffer)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        set(CURLOPT_LOW_SPEED_TIME, request.stallTimeout)
        // What is slow on purpose must not count as stalled.
        set(CURLOPT_LOW_SPEED_LIMIT, rateLimit == nil ? request.minimumRate : 1)
        set(CURLOPT_HTTP_VERSION, request.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        // Many small requests share the connection that the first of them makes, where its server speaks HTTP/2.
        if request.allowsHTTP2 { set(CURLOPT_PIPEWAIT, 1) }
        if request.allowsGzip { set(CURLOPT_ACCEPT_ENCODING, "gzip") }
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = request.caFile {
            set(CURLOPT_CAINFO, file)
            set(CURLOPT_PROXY_CAINFO, file)
        }
        // An empty text keeps libcurl from looking at the environment itself.
        set(CURLOPT_PROXY, request.proxy ?? "")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        configureMethod(request, set: set, check: check)
        // Large bodies would wait a second for a "100 Continue" that many servers never send.
        for line in request.headerLines + ["Expect:"] {
            guard let longer = curl_slist_append(lines, line) else {
                return TransferError(.io(errno: ENOMEM), "no memory for a request")
            }
            lines = longer
        }
        check(ccurl_set_headers(handle, lines))
        return refused == CURLE_OK
            ? nil : TransferError(.unsupported, Self.text(of: refused), url: request.address.safe)
    }

    private func configureMethod(
        _ request: ExchangeRequest, set: (CURLoption, Int) -> Void, check: (CURLcode) -> Void
    ) {
        if request.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else if let body {
            set(CURLOPT_POST, 1)
            check(ccurl_set_body(handle, body.baseAddress, curl_off_t(body.count)))
        }
        if request.method != "GET" || body != nil {
            check(ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method))
        }
    }

    // MARK: - What libcurl calls

    /// A line of the head, or of a trailer; false ends the exchange.
    fileprivate func take(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Self.maximumHeaderBytes else {
            return fail(.protocolViolation, "the answer's head is larger than \(Self.maximumHeaderBytes) bytes")
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
        if line.hasPrefix("HTTP/") {
            let status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            guard let status, (100...999).contains(status) else {
                return fail(.protocolViolation, "not an HTTP status line")
            }
            head = ResponseHead(status: status)
            isHeadComplete = false
        } else if line.isEmpty {
            return completeHead()
        } else if !isHeadComplete, let colon = line.firstIndex(of: ":") {
            let name = line[..<colon].lowercased().trimmingWhitespace()
            let value = line[line.index(after: colon)...].trimmingWhitespace()
            let earlier = head?.headers[name]
            head?.headers[name] = earlier.map { "\($0), \(value)" } ?? value
        }
        return true
    }

    private func completeHead() -> Bool {
        guard let head, !isHeadComplete, head.status >= 200 else { return true }
        isHeadComplete = true
        decision = head.redirect == nil ? submission.sink.begin(head) : .discard
        return true
    }

    /// How many bytes were taken, as libcurl wants to know it.
    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Int {
        switch decision {
        case .discard:
            discarded += bytes.count
            if discarded <= Self.maximumDiscard { return bytes.count }
            end = .unwanted
            return 0
        case .take:
            if let rateLimit, !rateLimit.admits(submission.id) { return Int(CURL_WRITEFUNC_PAUSE) }
            switch submission.sink.receive(bytes) {
            case .taken:
                rateLimit?.took(bytes.count)
                return bytes.count
            case .pause: return Int(CURL_WRITEFUNC_PAUSE)
            case .stop:
                end = .stopped
                return 0
            }
        }
    }

    /// Whether the address of a connection, new or used again, is allowed.
    fileprivate func permits(_ address: String) -> Bool {
        submission.request.policy.permits(address)
            || fail(.forbidden, "\(address) is a private address, and no configured origin is one")
    }

    private func fail(_ code: TransferError.Code, _ message: String) -> Bool {
        end = .failed(TransferError(code, message, url: submission.request.address.safe))
        return false
    }

    // MARK: - The end

    func outcome(_ code: CURLcode) -> ExchangeOutcome {
        switch end {
        case .stopped: return .stopped
        // Several addresses may have been tried: a later one that was allowed counts.
        case .failed(let error) where code != CURLE_OK: return .failed(error)
        case .unwanted:
            if let head { return .answered(head) }
        default: break
        }
        if code == CURLE_OK, isHeadComplete, let head { return .answered(head) }
        let text = String(cString: message)
        var error = TransferError(
            curl: code, text.isEmpty ? Self.text(of: code) : text, url: submission.request.address.safe)
        let isFruitless = [
            CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT,
        ].contains(code)
        // Nothing was ready to be sent yet.
        error.isUnreachable = isFruitless && ccurl_pretransfer_time(handle) == 0
        return .failed(error)
    }

    private static func text(of code: CURLcode) -> String {
        String(cString: curl_easy_strerror(code))
    }
}

// MARK: - C's side of the callbacks

private typealias CBytes = UnsafeMutablePointer<CChar>

private func exchange(_ context: UnsafeMutableRawPointer?) -> EasyExchange? {
    context.map { Unmanaged<EasyExchange>.fromOpaque($0).takeUnretainedValue() }
}

private let onHeader: curl_write_callback = { bytes, size, count, context in
    let length = size * count
    let line = UnsafeRawBufferPointer(start: bytes, count: length)
    return exchange(context)?.take(headerLine: line) == true ? length : 0
}

private let onBody: curl_write_callback = { bytes, size, count, context in
    exchange(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

/// Asked before a connection is made: a forbidden address sees not even a SYN.
private let onOpenSocket: curl_opensocket_callback = { context, _, address in
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard let address, ccurl_address_text(address, &text) != 0, exchange(context)?.permits(text.asString) == true else {
        return CURL_SOCKET_BAD
    }
    return ccurl_open_socket(address)
}

/// Asked before each request, also on a connection that another exchange, with other rules, had opened.
private let onConnected: curl_prereq_callback = { context, address, _, _, _ in
    guard let address, exchange(context)?.permits(String(cString: address)) == true else {
        return CURL_PREREQFUNC_ABORT
    }
    return CURL_PREREQFUNC_OK
}

extension [CChar] {
    fileprivate var asString: String {
        String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without blanks, tabs and line ends at either side.
    func trimmingWhitespace() -> String {
        let blank: Set<Character> = [" ", "\t", "\r", "\n", "\r\n"]
        let start = drop { blank.contains($0) }
        guard let last = start.lastIndex(where: { !blank.contains($0) }) else { return "" }
        return String(start[...last])
    }
}

extension Duration {
    var milliseconds: Int { Int(Swift.max(0, Swift.min(self / .milliseconds(1), 1e12))) }
}
